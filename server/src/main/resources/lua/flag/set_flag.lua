-- Sets a feature flag, or replaces its value and its TTL. Announces the feature.
--
-- @batched
-- @include redis/lib/publish
-- @include redis/lib/set_value
-- @keys 1
-- @args 3
-- @returns 1
--
-- KEYS[k]    flag:<feature>:<user>
-- ARGV[a]    value
-- ARGV[a+1]  TTL in ms
-- ARGV[a+2]  the announcement
-- returns    when the flag expires, in ms since 1970
local function run(k, a, reply, n)
  reply[n + 1] = set_value(KEYS[k], ARGV[a], ARGV[a + 1])
  publish('ephemeral:flag', ARGV[a + 2])
end
