-- @include redis/lib/call
-- @include ratelimit/lib/increment
-- @include ratelimit/lib/values

-- Sliding window: the counts of two windows in one integer, whose TTL is the rest of the current window and one more
-- window. The hits of the previous window count by the share of it that the last `window` milliseconds still cover (the
-- approximation described at https://blog.cloudflare.com/counting-things-a-lot-of-different-things/). All sums are in
-- hits times milliseconds.
-- The functions of an algorithm are described in ratelimit/lib/algorithms.
local sliding_window = {}

local SLIDING_WINDOW, AFTER_SLIDING_WINDOW = ALGORITHM, 2 * ALGORITHM
local PREVIOUS = 1e7 -- the value of one hit of the previous window

-- Returns the windows as of now: both counts, the ms until the current one ends, and whether the key must be written
-- because its TTL does not fit (the clock was set back, or the policy's window became shorter): the window starts now.
function sliding_window.windows(value, ttl, window)
  if value < SLIDING_WINDOW or value >= AFTER_SLIDING_WINDOW or ttl == 0 then return 0, 0, window, false end
  local current = value % PREVIOUS
  local previous = (value - SLIDING_WINDOW - current) / PREVIOUS
  if ttl < 0 or ttl > 2 * window then return previous, current, window, true end
  if ttl > window then return previous, current, ttl - window, false end
  return current, 0, ttl, false
end

function sliding_window.read(key, window)
  local previous, current, left, misfit =
    sliding_window.windows(tonumber(call('GET', key)) or 0, call('PTTL', key), window)
  if misfit then sliding_window.write(key, window, previous, current, left) end
  return previous, current, left
end

function sliding_window.write(key, window, previous, current, left)
  if previous + current == 0 then
    call('DEL', key)
  else
    call('SET', key, SLIDING_WINDOW + previous * PREVIOUS + current, 'PX', left + window)
  end
end

function sliding_window.fits(check, previous, current, left)
  return previous * left + (current + check.wanted) * check.window <= check.limit * check.window
end

function sliding_window.decision(check, previous, current, left, fits)
  local limit, window, wanted = check.limit, check.window, check.wanted
  local used = math.ceil((previous * left + current * window) / window)
  local reset = current > 0 and left + window or previous > 0 and left or 0
  local retry = 0
  if not fits then
    if wanted > limit then
      retry = -1
    elseif current + wanted <= limit then -- when the share of the previous window is small enough
      retry = left - math.floor((limit - current - wanted) * window / previous)
    else -- not before the current window has become the previous one
      retry = left + math.max(0, window - math.floor((limit - wanted) * window / current))
    end
  end
  return math.max(0, limit - used), reset, retry
end

function sliding_window.peek(key, check)
  local previous, current, left = sliding_window.read(key, check.window)
  return sliding_window.decision(check, previous, current, left, sliding_window.fits(check, previous, current, left))
end

-- Consumes the first hits of a key. Its texts are the same for all calls with this check.
function sliding_window.start(key, check)
  check.first = check.first or string.format('%.0f', SLIDING_WINDOW + check.hits)
  check.lifetime_text = check.lifetime_text or string.format('%.0f', check.lifetime)
  call('SET', key, check.first, 'PX', check.lifetime_text)
  return check.limit - check.hits, 2 * check.window, 0
end

-- Nearly every call needs two commands: it fits, and its window has not ended.
function sliding_window.consume(key, check)
  local window, value = check.window, increment(key, check.hits_text)
  if value < SLIDING_WINDOW or value >= AFTER_SLIDING_WINDOW then return sliding_window.start(key, check) end
  local ttl = call('PTTL', key)
  if ttl > window and ttl <= 2 * window then
    local current = value % PREVIOUS
    local previous = (value - SLIDING_WINDOW - current) / PREVIOUS
    local free = (check.limit - current) * window - previous * (ttl - window)
    if free >= 0 then return (free - free % window) / window, ttl, 0 end
  end
  return sliding_window.consume_with(key, check, sliding_window.windows(value - check.hits, ttl, window))
end

-- Consumes the hits, which INCRBY has added, of windows without them.
function sliding_window.consume_with(key, check, previous, current, left, misfit)
  local fits = sliding_window.fits(check, previous, current, left)
  if fits then current = current + check.hits end
  if fits or misfit then
    sliding_window.write(key, check.window, previous, current, left)
  else
    call('DECRBY', key, check.hits_text)
  end
  return sliding_window.decision(check, previous, current, left, fits)
end

function sliding_window.refund(key, check)
  local previous, current, left = sliding_window.read(key, check.window)
  local of_previous = math.max(0, check.hits - current)
  previous, current = math.max(0, previous - of_previous), math.max(0, current - check.hits)
  sliding_window.write(key, check.window, previous, current, left)
end
