-- Says that a user stopped typing, and announces it if he typed.
--
-- KEYS[k]    typing:<room>:<user>
-- KEYS[k+1]  {typing:<room>}:users; the first key again if that is in another slot
-- ARGV[a]    room
-- ARGV[a+1]  user
-- returns    1
local function run(k, a, reply, n)
  local seed, index = KEYS[k], KEYS[k + 1]
  if call('DEL', seed) == 1 then
    if index ~= seed then
      call('ZREM', index, ARGV[a + 1])
    end
    call('PUBLISH', 'ephemeral:typing', ARGV[a])
  end
  reply[n + 1] = 1
end
