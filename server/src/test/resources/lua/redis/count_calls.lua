-- Counts the calls of its key. Coalesced although it writes, so that a test sees how often it runs.
--
-- @batched
-- @coalesced
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  the counter
-- returns  the count
local function run(k, _, reply, n)
  reply[n + 1] = call('INCR', KEYS[k])
end
