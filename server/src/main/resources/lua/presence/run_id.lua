-- Reads the run id of a master. It changes with a restart and with a failover.
--
-- @unbatched
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  any key; selects the master
-- returns  1; the run id, empty where the ACL forbids INFO
local function run(_, _, reply, n)
  reply[n + 1] = 1
  local info = redis.pcall('INFO', 'server')
  reply[n + 2] = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
end
