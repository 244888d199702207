-- Removes a flag of any value: of many callers, one gets it.
--
-- KEYS[k]  session:<user>:<flag>
-- returns  1 if it was set, else 0; the value it had
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2] = take(KEYS[k])
end
