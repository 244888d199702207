-- Removes a token if the digest matches.
--
-- @batched
-- @include redis/lib/consume_value
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  token:<user>:login
-- ARGV[a]  digest of the token
-- returns  1 if it matched, else 0
local function run(k, a, reply, n)
  reply[n + 1] = consume_value(KEYS[k], ARGV[a])
end
