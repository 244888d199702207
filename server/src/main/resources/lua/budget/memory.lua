-- Reads the memory and the number of keys of one master. What Redis does not report or permit is -1 or empty.
--
-- @batched
-- @include redis/lib/now
-- @keys 1
-- @args 0
-- @returns 5
--
-- KEYS[k]  any key; selects the master
-- returns  bytes used, bytes allowed (0 without a limit), keys, time in ms since 1970, eviction policy
local function run(_, _, reply, n)
  local info, keys = redis.pcall('INFO', 'memory'), redis.pcall('DBSIZE')
  info = type(info) == 'string' and info or ''
  reply[n + 1] = tonumber(string.match(info, 'used_memory:(%d+)')) or -1
  reply[n + 2] = tonumber(string.match(info, 'maxmemory:(%d+)')) or 0
  reply[n + 3] = type(keys) == 'number' and keys or -1
  reply[n + 4] = now()
  reply[n + 5] = string.match(info, 'maxmemory_policy:([%w-]+)') or ''
end
