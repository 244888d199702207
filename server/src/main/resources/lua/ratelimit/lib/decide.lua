-- @include ratelimit/lib/algorithms

-- Consumes the hits of a check if they fit. With 0 hits, or more hits than the limit, it consumes nothing.
local function decide(key, check)
  local can_fit = check.hits > 0 and check.hits <= check.limit
  return algorithms[check.letter][can_fit and 'consume' or 'peek'](key, check)
end
