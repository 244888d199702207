-- @include ratelimit/lib/fixed_window
-- @include ratelimit/lib/sliding_window
-- @include ratelimit/lib/token_bucket

-- Each algorithm decides in integers, by the time of Redis. Its functions of a key and a check:
--   consume  consumes the hits, at least 1 and at most the limit, if they fit
--   peek     consumes nothing
--   refund   subtracts the hits from the count, never below zero
-- consume and peek return
--   remaining  number of hits that would still fit
--   reset      ms until nothing is counted any more
--   retry      0 if the hits fit; else the ms until they would, or -1 if they never can
local algorithms = { F = fixed_window, S = sliding_window, T = token_bucket }

local function peek(key, check)
  return algorithms[check.letter].peek(key, check)
end
