-- Postpones the checks of users that sent heartbeats to when their presence ends now. Schedules a user that is missing
-- in the index: on a Cluster, the master of the index may have lost what the master of the user has. The first write is
-- one that a full Redis permits.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl
-- @include presence/lib/next_due
-- @keys 1
-- @args 3..n
-- @returns 1
--
-- KEYS[k]    a part of the expiry index
-- ARGV[a]    TTL in ms
-- ARGV[...]  per user, at most 1,000: user; ms since the last heartbeat
-- returns    ms until the next check of this part is due
local function run(k, a, reply, n)
  local ends, scores = now() + ARGV[a] + 1, {}
  for i = a + 1, #ARGV, 2 do
    scores[i - a], scores[i - a + 1] = ends - ARGV[i + 1], ARGV[i]
  end
  local exists = call('PEXPIRE', KEYS[k], INDEX_TTL) == 1
  call('ZADD', KEYS[k], 'GT', unpack(scores))
  if not exists then call('PEXPIRE', KEYS[k], INDEX_TTL) end
  reply[n + 1] = next_due(KEYS[k])
end
