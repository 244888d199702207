-- Keeps the digest of a new token, in the place of the old one.
--
-- KEYS[k]    token:<user>:login
-- ARGV[a]    digest
-- ARGV[a+1]  time to live in ms
-- returns    when it ends, in ms since 1970
local function run(k, a, reply, n)
  reply[n + 1] = put(KEYS[k], ARGV[a], ARGV[a + 1])
end
