-- @include redis/lib/call
-- @include ratelimit/lib/increment
-- @include ratelimit/lib/values

-- Token bucket as GCRA, the Generic Cell Rate Algorithm (ITU-T I.371). The theoretical arrival time is now + backlog /
-- limit; kept as a backlog of hits times milliseconds, every step is an integer. A hit adds `window`, a millisecond
-- removes `limit`, and the bucket is full at limit * window.
--
-- The value of a key is the backlog at a start, and what was added since then. The key expires one `lifetime` after the
-- start, so its TTL gives what was removed since then. When only a window is left, the longest time to an empty bucket,
-- the next hit makes now the start.
-- The functions of an algorithm are described in ratelimit/lib/algorithms.
local token_bucket = {}

local TOKEN_BUCKET, AFTER_TOKEN_BUCKET = 2 * ALGORITHM, 3 * ALGORITHM

-- Returns the backlog as of now, and whether the key must be written because its TTL or its value does not fit (the
-- clock was set back, or the policy has another window or limit).
function token_bucket.backlog(value, ttl, check)
  if value < TOKEN_BUCKET or value >= AFTER_TOKEN_BUCKET or ttl == 0 then return 0, false end
  local full, lifetime = check.limit * check.window, check.lifetime
  local misfit = ttl < 0 or ttl > lifetime
  local backlog = value - TOKEN_BUCKET - (misfit and 0 or lifetime - ttl) * check.limit
  return math.max(0, math.min(backlog, full)), misfit or backlog > full
end

function token_bucket.read(key, check)
  local backlog, misfit = token_bucket.backlog(tonumber(call('GET', key)) or 0, call('PTTL', key), check)
  if misfit then token_bucket.write(key, check, backlog) end
  return backlog
end

function token_bucket.write(key, check, backlog)
  if backlog == 0 then
    call('DEL', key)
  else
    call('SET', key, TOKEN_BUCKET + backlog, 'PX', check.lifetime)
  end
end

function token_bucket.decision(check, backlog, fits)
  local limit, window, wanted = check.limit, check.window, check.wanted
  local retry = 0
  if not fits then
    retry = wanted > limit and -1 or math.ceil((backlog + (wanted - limit) * window) / limit)
  end
  return math.max(0, math.floor((limit * window - backlog) / window)), math.ceil(backlog / limit), retry
end

function token_bucket.fits(check, backlog)
  return backlog + check.wanted * check.window <= check.limit * check.window
end

function token_bucket.peek(key, check)
  local backlog = token_bucket.read(key, check)
  return token_bucket.decision(check, backlog, token_bucket.fits(check, backlog))
end

-- Consumes the first hits of a key. Its texts are the same for all calls with this check.
function token_bucket.start(key, check)
  check.first = check.first or string.format('%.0f', TOKEN_BUCKET + check.cost)
  check.lifetime_text = check.lifetime_text or string.format('%.0f', check.lifetime)
  call('SET', key, check.first, 'PX', check.lifetime_text)
  return check.limit - check.hits, math.ceil(check.cost / check.limit), 0
end

-- Nearly every call needs two commands, or three if the bucket is empty.
function token_bucket.consume(key, check)
  local limit, window, cost = check.limit, check.window, check.cost
  local value = increment(key, check.cost_text)
  if value < TOKEN_BUCKET or value >= AFTER_TOKEN_BUCKET then return token_bucket.start(key, check) end
  local ttl, lifetime = call('PTTL', key), check.lifetime
  if ttl > window and ttl <= lifetime then
    local backlog = value - TOKEN_BUCKET - (lifetime - ttl) * limit
    if backlog < cost then -- more was removed than there was
      call('INCRBY', key, string.format('%d', cost - backlog)) -- a number would be formatted as a double
      backlog = cost
    end
    local free = limit * window - backlog
    if free >= 0 then return (free - free % window) / window, (backlog + -backlog % limit) / limit, 0 end
  end
  return token_bucket.consume_with(key, check, token_bucket.backlog(value - cost, ttl, check))
end

-- Consumes the hits, which INCRBY has added, of a backlog without them.
function token_bucket.consume_with(key, check, backlog, misfit)
  local fits = token_bucket.fits(check, backlog)
  if fits then backlog = backlog + check.cost end
  if fits or misfit then
    token_bucket.write(key, check, backlog)
  else
    call('DECRBY', key, check.cost_text)
  end
  return token_bucket.decision(check, backlog, fits)
end

function token_bucket.refund(key, check)
  token_bucket.write(key, check, math.max(0, token_bucket.read(key, check) - check.cost))
end
