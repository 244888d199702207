-- Ends a token if it is the right one.
--
-- KEYS[k]  token:<user>:login
-- ARGV[a]  digest of the token
-- returns  1 if it was right, else 0
local function run(k, a, reply, n)
  reply[n + 1] = take(KEYS[k], ARGV[a])
end
