-- Tells how much memory this master has used, and how many keys it holds.
--
-- KEYS[k]  any key of the master; only steers
-- returns  bytes used, bytes allowed (0 if without limit), keys, time in ms since 1970, eviction policy
local function run(_, _, reply, n)
  local info = call('INFO', 'memory')
  reply[n + 1] = tonumber(string.match(info, 'used_memory:(%d+)'))
  reply[n + 2] = tonumber(string.match(info, 'maxmemory:(%d+)'))
  reply[n + 3] = call('DBSIZE')
  reply[n + 4] = now()
  reply[n + 5] = string.match(info, 'maxmemory_policy:([%w-]+)')
end
