-- Moves the checks that are later than one TTL from now to then: they are later after the clock of Redis was set back.
-- The first write is one that a full Redis permits; the others need no more memory.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl
-- @keys 1
-- @args 2
-- @returns 1
--
-- KEYS[k]    a part of the expiry index
-- ARGV[a]    TTL in ms of a presence
-- ARGV[a+1]  maximum number of users
-- returns    number of users whose checks were scheduled; there may be more if it is the maximum
local function run(k, a, reply, n)
  local latest = string.format('%.0f', now() + ARGV[a] + 1)
  local users = call('ZRANGEBYSCORE', KEYS[k], '(' .. latest, '+inf', 'LIMIT', 0, ARGV[a + 1])
  local scores = {}
  for i = 1, #users do
    scores[2 * i - 1], scores[2 * i] = latest, users[i]
  end
  if users[1] then
    call('PEXPIRE', KEYS[k], INDEX_TTL)
    call('ZADD', KEYS[k], unpack(scores))
  end
  reply[n + 1] = #users
end
