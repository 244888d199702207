-- Takes the users who are to be looked at now, and puts them off: should who took them die, another one will.
--
-- KEYS[k]    a part of the index
-- ARGV[a]    how many at most
-- ARGV[a+1]  ms to put them off
-- returns    how many there are; until when they were put off; ms until the next is to be looked at, or -1; the users
local function run(k, a, reply, n)
  local users = call('ZRANGEBYSCORE', KEYS[k], '-inf', now(), 'LIMIT', 0, ARGV[a])
  local later = now() + ARGV[a + 1]
  reply[n + 1], reply[n + 2] = #users, later
  if #users > 0 then
    local scores = {}
    for i = 1, #users do
      scores[2 * i - 1], scores[2 * i] = later, users[i]
      reply[n + 3 + i] = users[i]
    end
    call('ZADD', KEYS[k], unpack(scores))
    call('PEXPIRE', KEYS[k], INDEX_TTL)
  end
  local first = call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
  reply[n + 3] = first[2] and math.max(0, first[2] - now()) or -1
end
