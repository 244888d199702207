-- Prolongs the time that a user is online: one command, on the way of nearly every heartbeat.
--
-- KEYS[k]  presence:<user>
-- ARGV[a]  ms that he is online from now on
-- returns  1, or 0 if he is not online; nothing has happened then
local call = redis.call

local function run(k, a, reply, n)
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
