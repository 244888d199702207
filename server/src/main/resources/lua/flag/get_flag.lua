-- Reads a feature flag. Does not extend its TTL.
--
-- @batched
-- @coalesced
-- @include redis/lib/get_value
-- @keys 1
-- @args 0
-- @returns 3
--
-- KEYS[k]  flag:<feature>:<user>
-- returns  1 if the flag is set, else 0; its value; its TTL in ms
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2], reply[n + 3] = get_value(KEYS[k])
end
