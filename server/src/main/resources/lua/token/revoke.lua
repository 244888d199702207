-- Ends whichever token the user has.
--
-- KEYS[k]  token:<user>:login
-- returns  1 if there was one, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
