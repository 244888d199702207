-- Takes back one charge of check_all that must not stand, because a check in another slot was denied. If a fixed window
-- has ended meanwhile, its charge is gone already, and the hits of the next one stay.
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, or the first key again if there is none
-- ARGV[a]    terms
-- ARGV[a+1]  the reset that the charge was answered with, in ms
-- returns    remaining, reset
local function run(k, a, reply, n)
  local terms = parse(ARGV[a])
  local next_window = terms.algorithm == fixed and call('PTTL', KEYS[k]) > tonumber(ARGV[a + 1])
  if not next_window then give_back(KEYS[k], terms) end
  if KEYS[k + 1] ~= KEYS[k] then call('DEL', KEYS[k + 1]) end
  reply[n + 1], reply[n + 2] = terms.algorithm.look(KEYS[k], terms)
end
