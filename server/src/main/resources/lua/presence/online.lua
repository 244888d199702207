-- Makes a user online who was not when his heartbeat came. Of several that race, one makes the step.
--
-- KEYS[k]    presence:<user>
-- KEYS[k+1]  the user's part of the index, or the first key again if it is in another slot and he is in it already
-- ARGV[a]    ms that he is online from now on
-- ARGV[a+1]  user
-- returns    1 if this made him online, else 0
local function run(k, a, reply, n)
  local before = call('SET', KEYS[k], 'online', 'PX', ARGV[a], 'GET')
  reply[n + 1] = before and 0 or 1
  if not before then
    if KEYS[k + 1] ~= KEYS[k] then arm(KEYS[k + 1], ARGV[a + 1], ARGV[a]) end
    announce(ARGV[a + 1], 1)
  end
end
