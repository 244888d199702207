-- Compares a token with the stored digest. Changes nothing.
--
-- @batched
-- @include redis/lib/now
-- @include redis/lib/get_value
-- @keys 1
-- @args 1
-- @returns 2
--
-- KEYS[k]  token:<user>:login
-- ARGV[a]  digest of the token
-- returns  1 if it matches, else 0; when the token expires, in ms since 1970, or 0
local function run(k, a, reply, n)
  local _, digest, left = get_value(KEYS[k])
  local matches = digest == ARGV[a]
  reply[n + 1], reply[n + 2] = matches and 1 or 0, matches and now() + left or 0
end
