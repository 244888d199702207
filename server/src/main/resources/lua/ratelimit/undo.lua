-- Takes back one charge of check_all that must not stand, because a check in another slot was denied. If a fixed window
-- has ended meanwhile, its charge is gone already, and the hits of the next one stay.
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, or the first key again if there is none
-- ARGV[a]    policy
-- ARGV[a+1]  hits
-- ARGV[a+2]  the reset that the charge was answered with, in ms
-- returns    remaining, reset
local function run(k, a)
  local next_window = parse(ARGV[a]).algorithm == fixed and redis.call('PTTL', KEYS[k]) > tonumber(ARGV[a + 2])
  if not next_window then
    give_back(KEYS[k], ARGV[a], tonumber(ARGV[a + 1]))
  end
  if KEYS[k + 1] ~= KEYS[k] then redis.call('DEL', KEYS[k + 1]) end
  local _, remaining, reset = take(KEYS[k], ARGV[a], 0)
  return remaining, reset
end
