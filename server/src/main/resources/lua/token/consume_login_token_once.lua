-- Removes a token if the digest matches, and stores an idempotency record: a repetition of the same request with the
-- same token gets the same result.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/consume_value
-- @keys 2
-- @args 2
-- @returns 1
--
-- KEYS[k]    token:<user>:login
-- KEYS[k+1]  {token:<user>:login}:request:<request id>, the digest of the token that the request consumed
-- ARGV[a]    digest of the token
-- ARGV[a+1]  TTL of the idempotency record in ms
-- returns    1 if it matched, else 0
local function run(k, a, reply, n)
  if call('GET', KEYS[k + 1]) == ARGV[a] then
    reply[n + 1] = 1
    return
  end
  local consumed = consume_value(KEYS[k], ARGV[a])
  if consumed == 1 then call('SET', KEYS[k + 1], ARGV[a], 'PX', ARGV[a + 1]) end
  reply[n + 1] = consumed
end
