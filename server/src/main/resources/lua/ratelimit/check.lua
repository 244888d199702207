-- Counts hits if they fit.
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  terms
-- returns  remaining, reset, retry
local function run(k, a, reply, n)
  local terms = parse(ARGV[a])
  reply[n + 1], reply[n + 2], reply[n + 3] = terms.answer(KEYS[k], terms)
end
