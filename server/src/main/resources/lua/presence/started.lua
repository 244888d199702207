-- Says whether this Redis was started within the time that a user is online after a heartbeat.
--
-- KEYS[k]  any key of the master; only steers
-- ARGV[a]  ms that a user is online after a heartbeat
-- returns  1 if it was, else 0
local function run(_, a, reply, n)
  reply[n + 1] = is_fresh(ARGV[a]) and 1 or 0
end
