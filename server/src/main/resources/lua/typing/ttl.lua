-- Reads the TTL of the indicator of a user.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  typing:<room>:<user>
-- returns  TTL in ms, negative if the user does not type
local function run(k, _, reply, n)
  reply[n + 1] = call('PTTL', KEYS[k])
end
