-- Prolongs that a user types.
--
-- KEYS[k]  typing:<room>:<user>
-- ARGV[a]  for how long, in ms
-- returns  1 if he typed, else 0
local function run(k, a, reply, n)
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
