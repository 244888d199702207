-- Ends a token if it is the right one, and remembers for which request: the same request with the same token is told so
-- again.
--
-- KEYS[k]    token:<user>:login
-- KEYS[k+1]  {token:<user>:login}:receipt:<request id>, the digest of the token that the request used up
-- ARGV[a]    digest of the token
-- ARGV[a+1]  time to live of the receipt in ms
-- returns    1 if it was right, else 0
local function run(k, a, reply, n)
  if call('GET', KEYS[k + 1]) == ARGV[a] then
    reply[n + 1] = 1
    return
  end
  local taken = take(KEYS[k], ARGV[a])
  if taken == 1 then put(KEYS[k + 1], ARGV[a], ARGV[a + 1]) end
  reply[n + 1] = taken
end
