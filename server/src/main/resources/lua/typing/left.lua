-- Tells how long a user still types.
--
-- KEYS[k]  typing:<room>:<user>
-- returns  ms, negative if he does not type
local function run(k, _, reply, n)
  reply[n + 1] = call('PTTL', KEYS[k])
end
