-- Removes a session flag if it has the expected value. Concurrent consumes have exactly one winner.
--
-- @batched
-- @include redis/lib/consume_value
-- @keys 1
-- @args 1
-- @returns 2
--
-- KEYS[k]  session:<user>:<flag>
-- ARGV[a]  expected value
-- returns  1 if the flag had that value, else 0; the value it had
local function run(k, a, reply, n)
  reply[n + 1], reply[n + 2] = consume_value(KEYS[k], ARGV[a])
end
