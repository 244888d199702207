-- Notes when to look at a user, where the index is in another slot than his key.
--
-- KEYS[k]    the user's part of the index
-- ARGV[a]    ms until then
-- ARGV[a+1]  user
-- returns    1
local function run(k, a, reply, n)
  arm(KEYS[k], ARGV[a + 1], ARGV[a])
  reply[n + 1] = 1
end
