local LONGEST_LIFETIME = 24 * 60 * 60 * 1000

-- The checks of this script call by their text: most calls of a batch have the same one.
--
-- Parses '<algorithm>:<limit>:<window>:<hits>'. The algorithm is F, S or T, the window is in ms. Numbers that Redis
-- receives stay text, because redis.call formats a number as a double.
local checks = setmetatable({}, {
  __index = function(parsed, text)
    local letter, limit, window, hits = string.match(text, '^(%u):(%d+):(%d+):(%d+)$')
    local check = {
      letter = letter, limit = tonumber(limit), window = tonumber(window),
      hits = tonumber(hits), hits_text = hits,
    }
    check.wanted = math.max(1, check.hits) -- 0 hits: whether one would fit
    check.cost = check.hits * check.window -- of a token bucket
    check.cost_text = hits == '1' and window or string.format('%.0f', check.cost)
    check.lifetime = math.min(2 * check.window, LONGEST_LIFETIME) -- TTL of a key of two windows
    parsed[text] = check
    return check
  end,
})
