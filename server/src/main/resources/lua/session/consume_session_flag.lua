-- Removes a session flag of any value. Concurrent consumes have exactly one winner.
--
-- @batched
-- @include redis/lib/consume_value
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  session:<user>:<flag>
-- returns  1 if the flag was set, else 0; the value it had
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2] = consume_value(KEYS[k])
end
