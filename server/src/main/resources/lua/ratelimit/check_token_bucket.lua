-- Consumes hits of a token bucket if they fit. It includes no other algorithm: defining one costs a script call more
-- than this.
--
-- @batched
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/token_bucket
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check of 1 or more hits, at most the limit
-- returns  backlog in hits times ms, or -1 - backlog if the hits do not fit
local add = token_bucket.add

local function run(k, a, reply, n)
  reply[n + 1] = add(KEYS[k], checks[ARGV[a]])
end
