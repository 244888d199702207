-- @include redis/lib/call
-- @include redis/lib/now
-- @include ratelimit/lib/increment
-- @include ratelimit/lib/values

-- Token bucket as GCRA, the Generic Cell Rate Algorithm (ITU-T I.371). The theoretical arrival time is now + backlog /
-- limit; kept as a backlog of hits times milliseconds, every step is an integer. A hit adds `window`, a millisecond
-- removes `limit`, and the bucket is full at limit * window.
--
-- Windows begin at multiples of their length since 1970. The value of a key is the backlog at the beginning of a window
-- and what was added since then, and its first digit the number of the window, modulo 5. So nothing is written for what
-- the time removes, and no TTL is read: at the end of the next window every bucket of this one is empty.
-- The functions of an algorithm are described in ratelimit/lib/algorithms.
local token_bucket = {}

local TOKEN_BUCKET, BUCKET_NUMBERS = 2 * ALGORITHM, 5
local AFTER_TOKEN_BUCKET = TOKEN_BUCKET + BUCKET_NUMBERS * ALGORITHM

-- Adds to a check what all its calls need, since no time passes in a script call: the ms since the window began, the
-- value of a bucket that was empty then, of one that is empty now and of one that is full now, and the TTL of a key
-- that is written now.
function token_bucket.prepare(check)
  local time, window, limit = now(), check.window, check.limit
  local elapsed = time % window
  check.elapsed = elapsed
  check.first = TOKEN_BUCKET + (time - elapsed) / window % BUCKET_NUMBERS * ALGORITHM
  check.empty = check.first + elapsed * limit
  check.full = check.empty + limit * window
  check.ttl = math.min(2 * window - elapsed, check.lifetime)
  check.extends = check.lifetime < 2 * window -- a key that is not written again would expire too soon
end

-- Returns the backlog as of now, and whether the key must be written because its value does not fit: its window begins
-- later (the clock was set back, or the policy has windows of another length), or it is more than full (the limit was
-- lowered).
function token_bucket.backlog(value, check)
  if value < TOKEN_BUCKET or value >= AFTER_TOKEN_BUCKET then return 0, false end
  if not check.empty then token_bucket.prepare(check) end
  local stored, full = value % ALGORITHM, check.limit * check.window
  local windows = (check.first - value + stored) / ALGORITHM % BUCKET_NUMBERS -- since that of the value
  local later = windows > BUCKET_NUMBERS / 2
  local backlog = stored - (later and 0 or (windows * check.window + check.elapsed) * check.limit)
  return math.max(0, math.min(backlog, full)), later or backlog > full
end

function token_bucket.read(key, check)
  local backlog, misfit = token_bucket.backlog(tonumber(call('GET', key)) or 0, check)
  if misfit then token_bucket.write(key, check, backlog) end
  return backlog
end

function token_bucket.write(key, check, backlog)
  if not check.empty then token_bucket.prepare(check) end
  if backlog == 0 then
    call('DEL', key)
  else
    call('SET', key, check.empty + backlog, 'PX', check.ttl)
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
  check.first_value = check.first_value or string.format('%.0f', check.empty + check.cost)
  check.ttl_text = check.ttl_text or string.format('%.0f', check.ttl)
  call('SET', key, check.first_value, 'PX', check.ttl_text)
  return check.cost
end

-- Consumes the hits if they fit. Returns the backlog, or -1 - backlog if they do not fit. Nearly every call needs one
-- command, or two if the bucket is empty.
function token_bucket.add(key, check)
  local value, cost = increment(key, check.cost_text), check.cost
  if not check.empty then token_bucket.prepare(check) end
  local backlog = value - check.empty
  if value >= check.first and value <= check.full and not check.extends then
    if backlog >= cost then return backlog end
    call('INCRBY', key, string.format('%d', cost - backlog)) -- more was removed than there was
    return cost
  end
  if value == cost then return token_bucket.start(key, check) end
  return token_bucket.add_to(key, check, token_bucket.backlog(value - cost, check))
end

-- Consumes the hits, which INCRBY has added, of a backlog without them.
function token_bucket.add_to(key, check, backlog, misfit)
  local fits = token_bucket.fits(check, backlog)
  if fits then backlog = backlog + check.cost end
  if fits or misfit then
    token_bucket.write(key, check, backlog)
  else
    call('DECRBY', key, check.cost_text)
  end
  return fits and backlog or -1 - backlog
end

function token_bucket.consume(key, check)
  local backlog = token_bucket.add(key, check)
  local fits = backlog >= 0
  return token_bucket.decision(check, fits and backlog or -1 - backlog, fits)
end

function token_bucket.refund(key, check)
  token_bucket.write(key, check, math.max(0, token_bucket.read(key, check) - check.cost))
end
