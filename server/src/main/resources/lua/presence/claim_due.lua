-- Claims the users that are due for a check. If the claiming server stops, another server claims them when the claim
-- expires. The first write is one that a full Redis permits; the others need no more memory.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl
-- @include presence/lib/next_due
-- @keys 1
-- @args 2..n
-- @returns 3..n
--
-- KEYS[k]    a part of the expiry index
-- ARGV[a]    maximum number of users
-- ARGV[a+1]  ms until the claim expires
-- ARGV[...]  users that are due now, whatever the index holds
-- returns    number of users
--            when the claim expires, in ms since 1970
--            ms until the next check of this part is due, those of these users apart, or -1 if none is scheduled
--            per user: user; ms since the check was due
local function run(k, a, reply, n)
  if #ARGV > a + 1 then call('PEXPIRE', KEYS[k], INDEX_TTL) end
  for i = a + 2, #ARGV do
    call('ZADD', KEYS[k], 'XX', 'LT', now(), ARGV[i])
  end
  local claimed_until, due_in = now() + ARGV[a + 1], next_due(KEYS[k])
  reply[n + 1], reply[n + 2], reply[n + 3] = 0, claimed_until, due_in
  if due_in == 0 then
    local users = call('ZRANGEBYSCORE', KEYS[k], '-inf', now(), 'WITHSCORES', 'LIMIT', 0, ARGV[a])
    local scores = {}
    for i = 1, #users, 2 do
      scores[i], scores[i + 1] = claimed_until, users[i]
      reply[n + 3 + i], reply[n + 4 + i] = users[i], now() - users[i + 1]
    end
    local count = #users / 2
    local after = call('ZRANGE', KEYS[k], count, count, 'WITHSCORES')[2]
    reply[n + 1], reply[n + 3] = count, after and math.max(0, after - now()) or -1
    call('PEXPIRE', KEYS[k], INDEX_TTL)
    call('ZADD', KEYS[k], unpack(scores))
  end
end
