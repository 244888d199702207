-- Removes a feature flag of any value.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  flag:<feature>:<user>
-- returns  1 if the flag was set, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
