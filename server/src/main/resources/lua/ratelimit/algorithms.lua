-- How hits are counted. Each algorithm keeps one string under the key `rate:<user>:<action>`, decides in integers, and
-- takes its time from Redis. A value that another algorithm left there (the policy changed) counts as nothing.
--
-- take(key, policy, hits) counts the hits if they fit. With 0 hits, or more than the limit, it only looks.
-- give_back(key, policy, hits) takes hits off the count, never below zero.
--
-- policy   'F:limit:window', 'S:limit:window' or 'T:limit:window', the window in milliseconds
-- returns  allowed   1 or 0; for a look with 0 hits: whether one would fit
--          remaining how many more would fit
--          reset     ms until nothing is counted any more
--          retry     ms until the denied hits would fit; -1 if allowed, or if they never can

local clock

local function now()
  if not clock then
    local time = redis.call('TIME')
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end

-- Fixed window: a counter whose time to live is the window. It starts with the first hit.
local fixed = {}

function fixed.verdict(limit, used, reset, hits)
  local wanted = math.max(hits, 1)
  local remaining = math.max(0, limit - used)
  if wanted <= remaining then return 1, remaining, reset, -1 end
  return 0, remaining, reset, wanted <= limit and reset or -1
end

function fixed.look(key, limit, window, hits)
  local used = tonumber(redis.call('GET', key)) or 0
  local reset = used > 0 and math.max(0, redis.call('PTTL', key)) or 0
  return fixed.verdict(limit, used, math.min(reset, window), hits)
end

function fixed.take(key, limit, window, hits)
  local used = redis.pcall('INCRBY', key, hits)
  if type(used) == 'table' then
    if not string.find(used.err, 'not an integer', 1, true) then error(used) end
    redis.call('SET', key, hits) -- its time to live follows
    used = hits
  end
  local reset = used > hits and redis.call('PTTL', key) or -1
  if reset < 0 or reset > window then -- the window starts, or the policy's became shorter
    redis.call('PEXPIRE', key, window)
    reset = window
  end
  if used <= limit then return 1, limit - used, reset, -1 end
  used = redis.call('DECRBY', key, hits)
  return fixed.verdict(limit, used, reset, hits)
end

function fixed.give_back(key, limit, window, hits)
  local used = tonumber(redis.call('GET', key)) or 0
  if used > hits then
    redis.call('DECRBY', key, hits)
  elseif used > 0 then
    redis.call('DEL', key)
  end
end

-- Sliding window: 'start:previous:current'. The hits of the previous window count by the share of it that the last
-- `window` milliseconds still cover (the approximation described at
-- https://blog.cloudflare.com/counting-things-a-lot-of-different-things/). All sums are in hits times milliseconds.
local sliding = {}

-- Returns the windows as of now: the start of the current one, both counts, and the ms until the current one ends.
function sliding.load(key, window)
  local t = now()
  local start, previous, current = string.match(redis.call('GET', key) or '', '^(%d+):(%d+):(%d+)$')
  if not start then return t, 0, 0, window end
  start, previous, current = tonumber(start), tonumber(previous), tonumber(current)
  t = math.max(t, start) -- a failover may set the clock back
  local passed = math.floor((t - start) / window)
  if passed >= 2 then return t, 0, 0, window end
  if passed == 1 then start, previous, current = start + window, current, 0 end
  return start, previous, current, start + window - t
end

function sliding.store(key, window, start, previous, current, left)
  if previous + current == 0 then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f:%d:%d', start, previous, current), 'PX', left + window)
  end
end

function sliding.fits(limit, window, previous, current, left, hits)
  return previous * left + (current + hits) * window <= limit * window
end

function sliding.verdict(limit, window, previous, current, left, hits, allowed)
  local used = math.ceil((previous * left + current * window) / window)
  local reset = current > 0 and left + window or previous > 0 and left or 0
  local retry = -1
  local wanted = math.max(hits, 1)
  if not allowed and wanted <= limit then
    if current + wanted <= limit then
      retry = left - math.floor((limit - current - wanted) * window / previous)
    else
      retry = left + math.max(0, window - math.floor((limit - wanted) * window / current))
    end
  end
  return allowed and 1 or 0, math.max(0, limit - used), reset, retry
end

function sliding.look(key, limit, window, hits)
  local _, previous, current, left = sliding.load(key, window)
  local allowed = sliding.fits(limit, window, previous, current, left, math.max(hits, 1))
  return sliding.verdict(limit, window, previous, current, left, hits, allowed)
end

function sliding.take(key, limit, window, hits)
  local start, previous, current, left = sliding.load(key, window)
  local allowed = sliding.fits(limit, window, previous, current, left, hits)
  if allowed then
    current = current + hits
    sliding.store(key, window, start, previous, current, left)
  end
  return sliding.verdict(limit, window, previous, current, left, hits, allowed)
end

function sliding.give_back(key, limit, window, hits)
  local start, previous, current, left = sliding.load(key, window)
  local rest = math.max(0, hits - current)
  sliding.store(key, window, start, math.max(0, previous - rest), math.max(0, current - hits), left)
end

-- Token bucket as GCRA, the Generic Cell Rate Algorithm (ITU-T I.371): 'backlog@time'. The theoretical arrival time is
-- time + backlog / limit; kept as a backlog of hits times milliseconds, every step is an integer. A hit adds `window`,
-- a millisecond drains `limit`, and the bucket is full at limit * window.
local bucket = {}

-- Returns the backlog as of now, and now.
function bucket.load(key, limit)
  local t = now()
  local backlog, at = string.match(redis.call('GET', key) or '', '^(%d+)@(%d+)$')
  if not backlog then return 0, t end
  t = math.max(t, tonumber(at)) -- a failover may set the clock back
  return math.max(0, tonumber(backlog) - (t - tonumber(at)) * limit), t
end

function bucket.store(key, limit, backlog, t)
  if backlog == 0 then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f@%.0f', backlog, t), 'PX', math.ceil(backlog / limit))
  end
end

function bucket.verdict(limit, window, backlog, hits, allowed)
  local retry = -1
  local wanted = math.max(hits, 1)
  if not allowed and wanted <= limit then
    retry = math.ceil((backlog + (wanted - limit) * window) / limit)
  end
  local remaining = math.max(0, math.floor((limit * window - backlog) / window))
  return allowed and 1 or 0, remaining, math.ceil(backlog / limit), retry
end

function bucket.look(key, limit, window, hits)
  local backlog = bucket.load(key, limit)
  local allowed = backlog + math.max(hits, 1) * window <= limit * window
  return bucket.verdict(limit, window, backlog, hits, allowed)
end

function bucket.take(key, limit, window, hits)
  local backlog, t = bucket.load(key, limit)
  local allowed = backlog + hits * window <= limit * window
  if allowed then
    backlog = backlog + hits * window
    bucket.store(key, limit, backlog, t)
  end
  return bucket.verdict(limit, window, backlog, hits, allowed)
end

function bucket.give_back(key, limit, window, hits)
  local backlog, t = bucket.load(key, limit)
  bucket.store(key, limit, math.max(0, backlog - hits * window), t)
end

local algorithms = { F = fixed, S = sliding, T = bucket }
local policies = {} -- those of this script call, by their text

local function parse(policy)
  local parsed = policies[policy]
  if not parsed then
    local algorithm, limit, window = string.match(policy, '^(%u):(%d+):(%d+)$')
    parsed = { algorithm = algorithms[algorithm], limit = tonumber(limit), window = tonumber(window) }
    policies[policy] = parsed
  end
  return parsed
end

local function take(key, policy, hits)
  local p = parse(policy)
  if hits == 0 or hits > p.limit then return p.algorithm.look(key, p.limit, p.window, hits) end
  return p.algorithm.take(key, p.limit, p.window, hits)
end

-- Servers answer for a full window by themselves until they hear its key on this channel.
local function end_denial(key)
  redis.call('PUBLISH', 'ephemeral:rate', key)
end

local function give_back(key, policy, hits)
  local p = parse(policy)
  p.algorithm.give_back(key, p.limit, p.window, hits)
  end_denial(key)
end

