-- @include ratelimit/lib/fixed_window
-- @include ratelimit/lib/sliding_window
-- @include ratelimit/lib/token_bucket

-- Each algorithm keeps one string under the key `rate:<user>:<action>`, decides in integers, and reads the time from
-- Redis. It treats a value of another algorithm (the policy changed) as an empty one. Its functions of a key and a
-- check:
--   consume  consumes the hits if they fit
--   peek     consumes nothing
--   refund   subtracts the hits from the count, never below zero
-- consume and peek return
--   remaining  number of hits that would still fit
--   reset      ms until nothing is counted any more
--   retry      0 if the hits fit; else the ms until they would, or -1 if they never can
--
-- This is the hot path: redis.call formats a number as a double, so numbers that are available as text stay text.
local algorithms = { F = fixed_window, S = sliding_window, T = token_bucket }

-- The checks of this script call by their text: most calls of a batch have the same one.
local parsed_checks = {}

-- Parses 'F:<limit>:<window>:<hits>', or with S or T for the other algorithms. The window is in ms. With 0 hits, or
-- more hits than the limit, `decide` consumes nothing.
local function parse_check(text)
  local check = parsed_checks[text]
  if not check then
    local letter, limit, window, hits = string.match(text, '^(%u):(%d+):(%d+):(%d+)$')
    local algorithm = algorithms[letter]
    check = {
      algorithm = algorithm, limit = tonumber(limit), window = tonumber(window),
      hits = tonumber(hits), hits_text = hits,
    }
    check.wanted = math.max(1, check.hits) -- 0 hits: whether one would fit
    check.decide = (check.hits == 0 or check.hits > check.limit) and algorithm.peek or algorithm.consume
    parsed_checks[text] = check
  end
  return check
end
