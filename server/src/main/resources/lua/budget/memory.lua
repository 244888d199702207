-- Reads the memory and the number of keys of one master.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @keys 1
-- @args 0
-- @returns 5
--
-- KEYS[k]  any key; selects the master
-- returns  bytes used, bytes allowed (0 without a limit), keys, time in ms since 1970, eviction policy
local function run(_, _, reply, n)
  local info = call('INFO', 'memory')
  reply[n + 1] = tonumber(string.match(info, 'used_memory:(%d+)'))
  reply[n + 2] = tonumber(string.match(info, 'maxmemory:(%d+)'))
  reply[n + 3] = call('DBSIZE')
  reply[n + 4] = now()
  reply[n + 5] = string.match(info, 'maxmemory_policy:([%w-]+)')
end
