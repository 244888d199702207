-- Notes a user in the index of a room, where that is in another slot than his key.
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  user
-- returns  1
local function run(k, a, reply, n)
  note(KEYS[k], ARGV[a])
  reply[n + 1] = 1
end
