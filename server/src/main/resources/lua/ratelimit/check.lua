-- Consumes hits if they fit.
--
-- @batched
-- @include ratelimit/lib/parse_check
-- @keys 1
-- @args 1
-- @returns 3
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check, as in ratelimit/lib/parse_check
-- returns  remaining, reset, retry
local function run(k, a, reply, n)
  local check = parse_check(ARGV[a])
  reply[n + 1], reply[n + 2], reply[n + 3] = check.decide(KEYS[k], check)
end
