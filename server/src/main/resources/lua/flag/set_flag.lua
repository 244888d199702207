-- Sets a feature flag, or replaces its value and its TTL.
--
-- @batched
-- @include redis/lib/set_value
-- @keys 1
-- @args 2
-- @returns 1
--
-- KEYS[k]    flag:<feature>:<user>
-- ARGV[a]    value
-- ARGV[a+1]  TTL in ms
-- returns    when the flag expires, in ms since 1970
local function run(k, a, reply, n)
  reply[n + 1] = set_value(KEYS[k], ARGV[a], ARGV[a + 1])
end
