-- Counts hits if they fit.
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    policy
-- ARGV[a+1]  hits
-- returns    allowed, remaining, reset, retry
local function run(k, a)
  return take(KEYS[k], ARGV[a], tonumber(ARGV[a + 1]))
end
