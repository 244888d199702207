-- Forgets what was counted.
--
-- KEYS[k]  rate:<user>:<action>
-- returns  1 if anything was counted, else 0
local function run(k, a)
  local counted = redis.call('DEL', KEYS[k])
  end_denial(KEYS[k])
  return counted
end
