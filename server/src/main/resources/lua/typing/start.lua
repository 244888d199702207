-- Says that a user types, and announces it if he did not before.
--
-- KEYS[k]    typing:<room>:<user>
-- KEYS[k+1]  {typing:<room>}:users; the first key again if that is in another slot, and noted already
-- ARGV[a]    for how long, in ms
-- ARGV[a+1]  room
-- ARGV[a+2]  user
-- returns    1
local function run(k, a, reply, n)
  local seed, index, ttl = KEYS[k], KEYS[k + 1], ARGV[a]
  if index ~= seed then
    note(index, ARGV[a + 2])
  end
  if call('PEXPIRE', seed, ttl) == 0 then
    call('SET', seed, 'true', 'PX', ttl)
    call('PUBLISH', 'ephemeral:typing', ARGV[a + 1])
  end
  reply[n + 1] = 1
end
