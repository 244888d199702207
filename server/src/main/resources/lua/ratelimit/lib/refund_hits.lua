-- @include ratelimit/lib/publish_invalidation

-- Subtracts the hits of a check from the count.
local function refund_hits(key, check)
  check.algorithm.refund(key, check)
  publish_invalidation(key)
end
