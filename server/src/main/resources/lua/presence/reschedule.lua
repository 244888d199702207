-- Schedules the next check of claimed users that are online, and removes the others, unless rescheduled since they were
-- claimed. The first write is one that a full Redis permits; the others need no more memory.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl
-- @include presence/lib/next_due
-- @keys 1
-- @args 2..n
-- @returns 1
--
-- KEYS[k]    a part of the expiry index
-- ARGV[a]    when the claim expires, as claim_due returned it
-- ARGV[a+1]  number of users
-- ARGV[...]  per user: user; ms until the next check, or -2 if offline
-- returns    ms until the next check of this part is due, or -1 if none is scheduled
local function run(k, a, reply, n)
  local scores, offline = {}, {}
  for i = a + 2, a + 1 + 2 * ARGV[a + 1], 2 do
    local user, left = ARGV[i], tonumber(ARGV[i + 1])
    if tonumber(call('ZSCORE', KEYS[k], user)) == tonumber(ARGV[a]) then
      if left >= 0 then
        scores[#scores + 1], scores[#scores + 2] = now() + left + 1, user
      else
        offline[#offline + 1] = user
      end
    end
  end
  if offline[1] then call('ZREM', KEYS[k], unpack(offline)) end
  if scores[1] then
    call('PEXPIRE', KEYS[k], INDEX_TTL)
    call('ZADD', KEYS[k], unpack(scores))
  end
  reply[n + 1] = next_due(KEYS[k])
end
