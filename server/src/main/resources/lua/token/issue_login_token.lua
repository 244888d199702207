-- Stores the digest of a new token in place of the old one.
--
-- @batched
-- @include redis/lib/set_value
-- @keys 1
-- @args 2
-- @returns 1
--
-- KEYS[k]    token:<user>:login
-- ARGV[a]    digest of the token
-- ARGV[a+1]  TTL in ms
-- returns    when the token expires, in ms since 1970
local function run(k, a, reply, n)
  reply[n + 1] = set_value(KEYS[k], ARGV[a], ARGV[a + 1])
end
