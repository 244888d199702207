-- Lists the typing users of a room, and removes the other users from the index.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/key_name
-- @keys 1
-- @args 2
-- @returns 2..n
--
-- KEYS[k]    {typing:<room>}:users
-- ARGV[a]    typing:<room>: the prefix of the keys of its users; not on a Cluster, where they are in many slots
-- ARGV[a+1]  maximum number of users to check, the most recently added first
-- returns    number of typing users; ms until the first of them expires, -1 if there is none; the users
local function run(k, a, reply, n)
  local count, first = 0, -1
  for _, user in ipairs(call('ZREVRANGE', KEYS[k], 0, ARGV[a + 1] - 1)) do
    local left = call('PTTL', key_name(ARGV[a] .. user))
    if left >= 0 then -- with 0 ms left a key still exists
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
