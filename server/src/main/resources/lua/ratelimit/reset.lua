-- Forgets what was counted.
--
-- KEYS[k]  rate:<user>:<action>
-- returns  1 if anything was counted, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
  end_denial(KEYS[k])
end
