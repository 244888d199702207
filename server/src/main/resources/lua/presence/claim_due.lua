-- Claims the users that are due for a check. If the claiming server stops, another server claims them when the claim
-- expires.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl
-- @keys 1
-- @args 2
-- @returns 3..n
--
-- KEYS[k]    a part of the expiry index
-- ARGV[a]    maximum number of users
-- ARGV[a+1]  ms until the claim expires
-- returns    number of users
--            when the claim expires, in ms since 1970
--            ms until the next check of this part is due, or -1 if none is scheduled
--            the users
local function run(k, a, reply, n)
  local users = call('ZRANGEBYSCORE', KEYS[k], '-inf', now(), 'LIMIT', 0, ARGV[a])
  local claimed_until = now() + ARGV[a + 1]
  reply[n + 1], reply[n + 2] = #users, claimed_until
  if #users > 0 then
    local scores = {}
    for i = 1, #users do
      scores[2 * i - 1], scores[2 * i] = claimed_until, users[i]
      reply[n + 3 + i] = users[i]
    end
    call('ZADD', KEYS[k], unpack(scores))
    call('PEXPIRE', KEYS[k], INDEX_TTL)
  end
  local first = call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
  reply[n + 3] = first[2] and math.max(0, first[2] - now()) or -1
end
