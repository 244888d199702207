-- Consumes hits of a sliding window if they fit. It includes no other algorithm: defining one costs a script call more
-- than this.
--
-- @batched
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/sliding_window
-- @keys 1
-- @args 1
-- @returns 3
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check of 1 or more hits, at most the limit
-- returns  remaining, reset, retry
local consume = sliding_window.consume

local function run(k, a, reply, n)
  reply[n + 1], reply[n + 2], reply[n + 3] = consume(KEYS[k], checks[ARGV[a]])
end
