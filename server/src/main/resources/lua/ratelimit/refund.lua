-- Gives hits back.
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    policy
-- ARGV[a+1]  hits
-- returns    remaining
local function run(k, a)
  give_back(KEYS[k], ARGV[a], tonumber(ARGV[a + 1]))
  local _, remaining = take(KEYS[k], ARGV[a], 0)
  return remaining
end
