-- Looks whether a token is the right one, and changes nothing.
--
-- KEYS[k]  token:<user>:login
-- ARGV[a]  digest of the token
-- returns  1 if it is right, else 0; when it ends, in ms since 1970
local function run(k, a, reply, n)
  local _, digest, left = look(KEYS[k])
  local right = digest == ARGV[a]
  reply[n + 1], reply[n + 2] = right and 1 or 0, right and now() + left or 0
end
