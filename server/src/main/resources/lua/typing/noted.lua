-- Tells who is noted in the index of a room.
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  how many, the last noted first
-- returns  how many, their names
local function run(k, a, reply, n)
  local noted = call('ZREVRANGE', KEYS[k], 0, ARGV[a] - 1)
  reply[n + 1] = #noted
  for i, user in ipairs(noted) do
    reply[n + 1 + i] = user
  end
end
