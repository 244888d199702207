-- Removes a flag, whatever its value.
--
-- KEYS[k]  flag:<feature>:<user>
-- returns  1 if it was set, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
