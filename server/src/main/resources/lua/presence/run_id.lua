-- Tells one run of Redis from another: after a restart, or on another master, it is another one.
--
-- KEYS[k]  any key of the master
-- returns  1, the run id; empty where the ACL forbids to ask
local function run(_, _, reply, n)
  reply[n + 1] = 1
  local info = redis.pcall('INFO', 'server')
  reply[n + 2] = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
end
