-- Reads whether hits fit, and consumes nothing: for a check of 0 hits (whether one would fit) or of more than the
-- limit.
--
-- @batched
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @keys 1
-- @args 1
-- @returns 3
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check, as in ratelimit/lib/checks
-- returns  remaining, reset, retry
local function run(k, a, reply, n)
  reply[n + 1], reply[n + 2], reply[n + 3] = peek(KEYS[k], checks[ARGV[a]])
end
