-- Counts the hits of n checks if all of them fit, else of none.
--
-- KEYS[1..n]     rate:<user>:<action>
-- KEYS[n+1..]    {rate:<user>:<action>}:request:<request id>, for the checks that have one
-- ARGV, a check  policy, hits, the index in KEYS of its request or 0
-- returns, a check  allowed, remaining, reset, retry, charged (1 if its hits were counted now)
local function run(_, a)
  local checks = (#ARGV - a + 1) / 3
  local reply = {}

  local before = {} -- also finds a key of another type before anything is written
  for i = 1, checks do
    before[i] = { redis.call('GET', KEYS[i]), redis.call('PTTL', KEYS[i]) }
  end

  local all = true
  for i = 1, checks do
    local policy, hits, request = ARGV[a + i * 3 - 3], tonumber(ARGV[a + i * 3 - 2]), tonumber(ARGV[a + i * 3 - 1])
    local repeated = request > 0 and hits > 0 and redis.call('EXISTS', KEYS[request]) == 1
    local allowed, remaining, reset, retry = take(KEYS[i], policy, repeated and 0 or hits)
    if repeated then allowed, retry = 1, -1 end
    all = all and allowed == 1
    local r = i * 5 - 5
    reply[r + 1], reply[r + 2], reply[r + 3], reply[r + 4] = allowed, remaining, reset, retry
    reply[r + 5] = (allowed == 1 and hits > 0 and not repeated) and 1 or 0
  end

  for i = 1, checks do
    local policy, request, r = ARGV[a + i * 3 - 3], tonumber(ARGV[a + i * 3 - 1]), i * 5 - 5
    if all then
      if request > 0 and reply[r + 5] == 1 then
        redis.call('SET', KEYS[request], '1', 'PX', parse(policy).window)
      end
    else
      local value, ttl = before[i][1], before[i][2]
      if not value then
        redis.call('DEL', KEYS[i])
      else
        redis.call('SET', KEYS[i], value, 'PX', ttl > 0 and ttl or parse(policy).window)
      end
      reply[r + 5] = 0
    end
  end
  if not all then
    for i = 1, checks do
      local _, remaining, reset = take(KEYS[i], ARGV[a + i * 3 - 3], 0)
      reply[i * 5 - 3], reply[i * 5 - 2] = remaining, reset
    end
  end
  return unpack(reply)
end
