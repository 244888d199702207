-- Subtracts hits from the count.
--
-- @batched
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/refund_hits
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check
-- returns  remaining
local function run(k, a, reply, n)
  local check = checks[ARGV[a]]
  refund_hits(KEYS[k], check)
  reply[n + 1] = peek(KEYS[k], check)
end
