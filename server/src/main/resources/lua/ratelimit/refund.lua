-- Gives hits back.
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  terms
-- returns  remaining
local function run(k, a, reply, n)
  local terms = parse(ARGV[a])
  give_back(KEYS[k], terms)
  reply[n + 1] = terms.algorithm.look(KEYS[k], terms)
end
