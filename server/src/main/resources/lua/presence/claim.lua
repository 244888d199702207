-- Announces that a user went offline, unless he is online. Whether he is and what is announced is one step, so a heartbeat
-- that races is announced after it. A Redis that was just started may not have heard him yet: he is looked at again later.
--
-- KEYS[k]    presence:<user>
-- ARGV[a]    user
-- ARGV[a+1]  ms that a user is online after a heartbeat
-- returns    ms until he is to be looked at again, 0 or more, or -2 if he is offline
local function run(k, a, reply, n)
  local left = call('PTTL', KEYS[k])
  if left == -1 then -- not written by us
    call('PEXPIRE', KEYS[k], ARGV[a + 1])
    left = tonumber(ARGV[a + 1])
  elseif left == -2 and is_fresh(ARGV[a + 1]) then
    left = tonumber(ARGV[a + 1])
  elseif left == -2 then
    announce(ARGV[a], 0)
  end
  reply[n + 1] = left
end
