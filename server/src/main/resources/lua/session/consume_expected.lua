-- Removes a flag of the expected value: of many callers, one gets it. A flag of another value stays.
--
-- KEYS[k]  session:<user>:<flag>
-- ARGV[a]  the expected value
-- returns  1 if it was set to that, else 0; the value it had
local function run(k, a, reply, n)
  reply[n + 1], reply[n + 2] = take(KEYS[k], ARGV[a])
end
