-- Ends the user's code.
--
-- KEYS[k]  otp:<user>
-- returns  1 if there was one, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
