-- @include redis/lib/call
-- @include redis/lib/now

-- Token bucket as GCRA, the Generic Cell Rate Algorithm (ITU-T I.371): 'backlog@time'. The theoretical arrival time is
-- time + backlog / limit; kept as a backlog of hits times milliseconds, every step is an integer. A hit adds `window`,
-- a millisecond removes `limit`, and the bucket is full at limit * window.
-- The functions of an algorithm are described in ratelimit/lib/parse_check.
local token_bucket = {}

-- Returns the backlog as of now, and now. A backlog of another policy is capped to a full bucket of this one.
function token_bucket.read(key, check)
  local limit, t = check.limit, now()
  local backlog, at = string.match(call('GET', key) or '', '^(%d+)@(%d+)$')
  if not backlog then return 0, t end
  backlog, at = math.min(tonumber(backlog), limit * check.window), tonumber(at)
  if t < at then -- the clock was set back: the bucket drains from now on, not only when the clock has caught up
    token_bucket.write(key, limit, backlog, t)
    return backlog, t
  end
  return math.max(0, backlog - (t - at) * limit), t
end

function token_bucket.write(key, limit, backlog, t)
  if backlog == 0 then
    call('DEL', key)
  else
    call('SET', key, string.format('%.0f@%.0f', backlog, t), 'PX', math.ceil(backlog / limit))
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

function token_bucket.consume(key, check)
  local backlog, t = token_bucket.read(key, check)
  local fits = token_bucket.fits(check, backlog)
  if fits then
    backlog = backlog + check.hits * check.window
    token_bucket.write(key, check.limit, backlog, t)
  end
  return token_bucket.decision(check, backlog, fits)
end

function token_bucket.refund(key, check)
  local backlog, t = token_bucket.read(key, check)
  token_bucket.write(key, check.limit, math.max(0, backlog - check.hits * check.window), t)
end
