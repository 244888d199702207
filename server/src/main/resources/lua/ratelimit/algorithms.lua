-- How hits are counted. Each algorithm keeps one string under the key `rate:<user>:<action>`, decides in integers, and
-- takes its time from Redis. A value that another algorithm left there (the policy changed) counts as nothing.
--
-- Each has three functions of a key and the terms of the call (see `parse`):
--   take       counts the hits if they fit
--   look       counts nothing
--   give_back  takes the hits off the count, never below zero
-- take and look return
--   remaining  how many more hits would fit
--   reset      ms until nothing is counted any more
--   retry      0 if the hits fit; else the ms until they would, or -1 if they never can
--
-- On the hot path counts: a number given to redis.call is formatted as a double, so numbers known as text stay text.

-- Fixed window: a counter whose time to live is the window. It starts with the first hit.
local fixed = {}

function fixed.verdict(terms, used, reset)
  local remaining = math.max(0, terms.limit - used)
  local retry = 0
  if terms.wanted > remaining then
    retry = terms.wanted > terms.limit and -1 or math.max(1, reset)
  end
  return remaining, reset, retry
end

function fixed.look(key, terms)
  local used = tonumber(call('GET', key)) or 0
  local reset = used > 0 and math.max(0, call('PTTL', key)) or 0
  return fixed.verdict(terms, used, math.min(reset, terms.window))
end

function fixed.take(key, terms)
  local used = add(key, terms.hits_text)
  local reset = call('PTTL', key)
  if reset < 0 or reset > terms.window then -- the window starts, or the policy's became shorter
    reset = terms.window
    call('PEXPIRE', key, reset)
  end
  if used <= terms.limit then return terms.limit - used, reset, 0 end
  return fixed.verdict(terms, call('DECRBY', key, terms.hits_text), reset)
end

function fixed.give_back(key, terms)
  local used = tonumber(call('GET', key)) or 0
  if used > terms.hits then
    call('DECRBY', key, terms.hits_text)
  elseif used > 0 then
    call('DEL', key)
  end
end

-- Sliding window: 'start:previous:current'. The hits of the previous window count by the share of it that the last
-- `window` milliseconds still cover (the approximation described at
-- https://blog.cloudflare.com/counting-things-a-lot-of-different-things/). All sums are in hits times milliseconds.
local sliding = {}

-- Returns the windows as of now: the start of the current one, both counts, and the ms until the current one ends.
function sliding.load(key, window)
  local t = now()
  local start, previous, current = string.match(call('GET', key) or '', '^(%d+):(%d+):(%d+)$')
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
    call('DEL', key)
  else
    call('SET', key, string.format('%.0f:%d:%d', start, previous, current), 'PX', left + window)
  end
end

function sliding.fits(terms, previous, current, left)
  return previous * left + (current + terms.wanted) * terms.window <= terms.limit * terms.window
end

function sliding.verdict(terms, previous, current, left, fits)
  local limit, window, wanted = terms.limit, terms.window, terms.wanted
  local used = math.ceil((previous * left + current * window) / window)
  local reset = current > 0 and left + window or previous > 0 and left or 0
  local retry = 0
  if not fits then
    if wanted > limit then
      retry = -1
    elseif current + wanted <= limit then -- once little enough of the previous window is left
      retry = left - math.floor((limit - current - wanted) * window / previous)
    else -- not before this window has become the previous one
      retry = left + math.max(0, window - math.floor((limit - wanted) * window / current))
    end
  end
  return math.max(0, limit - used), reset, retry
end

function sliding.look(key, terms)
  local _, previous, current, left = sliding.load(key, terms.window)
  return sliding.verdict(terms, previous, current, left, sliding.fits(terms, previous, current, left))
end

function sliding.take(key, terms)
  local start, previous, current, left = sliding.load(key, terms.window)
  local fits = sliding.fits(terms, previous, current, left)
  if fits then
    current = current + terms.hits
    sliding.store(key, terms.window, start, previous, current, left)
  end
  return sliding.verdict(terms, previous, current, left, fits)
end

function sliding.give_back(key, terms)
  local start, previous, current, left = sliding.load(key, terms.window)
  local rest = math.max(0, terms.hits - current)
  sliding.store(key, terms.window, start, math.max(0, previous - rest), math.max(0, current - terms.hits), left)
end

-- Token bucket as GCRA, the Generic Cell Rate Algorithm (ITU-T I.371): 'backlog@time'. The theoretical arrival time is
-- time + backlog / limit; kept as a backlog of hits times milliseconds, every step is an integer. A hit adds `window`,
-- a millisecond drains `limit`, and the bucket is full at limit * window.
local bucket = {}

-- Returns the backlog as of now, and now.
function bucket.load(key, limit)
  local t = now()
  local backlog, at = string.match(call('GET', key) or '', '^(%d+)@(%d+)$')
  if not backlog then return 0, t end
  t = math.max(t, tonumber(at)) -- a failover may set the clock back
  return math.max(0, tonumber(backlog) - (t - tonumber(at)) * limit), t
end

function bucket.store(key, limit, backlog, t)
  if backlog == 0 then
    call('DEL', key)
  else
    call('SET', key, string.format('%.0f@%.0f', backlog, t), 'PX', math.ceil(backlog / limit))
  end
end

function bucket.verdict(terms, backlog, fits)
  local limit, window, wanted = terms.limit, terms.window, terms.wanted
  local retry = 0
  if not fits then
    retry = wanted > limit and -1 or math.ceil((backlog + (wanted - limit) * window) / limit)
  end
  return math.max(0, math.floor((limit * window - backlog) / window)), math.ceil(backlog / limit), retry
end

function bucket.fits(terms, backlog)
  return backlog + terms.wanted * terms.window <= terms.limit * terms.window
end

function bucket.look(key, terms)
  local backlog = bucket.load(key, terms.limit)
  return bucket.verdict(terms, backlog, bucket.fits(terms, backlog))
end

function bucket.take(key, terms)
  local backlog, t = bucket.load(key, terms.limit)
  local fits = bucket.fits(terms, backlog)
  if fits then
    backlog = backlog + terms.hits * terms.window
    bucket.store(key, terms.limit, backlog, t)
  end
  return bucket.verdict(terms, backlog, fits)
end

function bucket.give_back(key, terms)
  local backlog, t = bucket.load(key, terms.limit)
  bucket.store(key, terms.limit, math.max(0, backlog - terms.hits * terms.window), t)
end

local algorithms = { F = fixed, S = sliding, T = bucket }
local parsed = {} -- the terms of this script call, by their text: mostly many calls have the same

-- Reads 'F:limit:window:hits', 'S:…' or 'T:…', the window in milliseconds.
local function parse(text)
  local terms = parsed[text]
  if not terms then
    local letter, limit, window, hits = string.match(text, '^(%u):(%d+):(%d+):(%d+)$')
    local algorithm = algorithms[letter]
    terms = { algorithm = algorithm, limit = tonumber(limit), window = tonumber(window), hits = tonumber(hits), hits_text = hits }
    terms.wanted = math.max(1, terms.hits) -- a look asks whether one would fit
    terms.answer = (terms.hits == 0 or terms.hits > terms.limit) and algorithm.look or algorithm.take
    parsed[text] = terms
  end
  return terms
end

-- Servers answer for a full window by themselves until they hear its key on this channel.
local function end_denial(key)
  call('PUBLISH', 'ephemeral:rate', key)
end

local function give_back(key, terms)
  terms.algorithm.give_back(key, terms)
  end_denial(key)
end

