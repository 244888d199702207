-- Fails if the key contains 'broken'.
--
-- @batched
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  any key
-- returns  1
local function run(k, _, reply, n)
  if string.find(KEYS[k], 'broken', 1, true) then error('this is broken') end
  reply[n + 1] = 1
end
