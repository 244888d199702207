-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/publish_invalidation

-- Subtracts the hits of a check from the count.
local function refund_hits(key, check)
  algorithms[check.letter].refund(key, check)
  publish_invalidation(key)
end
