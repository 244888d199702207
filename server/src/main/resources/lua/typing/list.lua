-- Lists who types in a room, and forgets who does not.
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  typing:<room>: with which the keys of its users start; not on a Cluster, where they are in many slots
-- ARGV[a+1]  how many to look for, the last noted first
-- returns  how many type, the ms until the first of them ends (-1 if nobody types), their names
local function run(k, a, reply, n)
  local count, first = 0, -1
  for _, user in ipairs(call('ZREVRANGE', KEYS[k], 0, ARGV[a + 1] - 1)) do
    local left = call('PTTL', ARGV[a] .. user)
    if left >= 0 then -- with 0 ms left a key still lives
      count = count + 1
      reply[n + 2 + count] = user
      if first < 0 or left < first then
        first = left
      end
    else
      call('ZREM', KEYS[k], user)
    end
  end
  reply[n + 1], reply[n + 2] = count, first
end
