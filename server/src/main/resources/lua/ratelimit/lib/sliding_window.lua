-- @include redis/lib/call
-- @include redis/lib/now
-- @include ratelimit/lib/increment
-- @include ratelimit/lib/values

-- Sliding window: the counts of two windows in one integer. The hits of the previous window count by the share of it
-- that the last `window` milliseconds still cover (the approximation described at
-- https://blog.cloudflare.com/counting-things-a-lot-of-different-things/). All sums are in hits times milliseconds.
--
-- Windows begin at multiples of their length since 1970, and the value has the number of its window, modulo 10. So the
-- TTL of a key is not read: at the end of the next window nothing of this one counts.
-- The functions of an algorithm are described in ratelimit/lib/algorithms.
local sliding_window = {}

local SLIDING_WINDOW, AFTER_SLIDING_WINDOW = ALGORITHM, 2 * ALGORITHM
local WINDOW, WINDOW_NUMBERS = 1e14, 10 -- the value of one unit of the number of a window
local PREVIOUS = 1e7 -- the value of one hit of the previous window

-- Adds to a check what all its calls need, since no time passes in a script call: the value of this window without
-- hits, the ms until it ends, and the TTL of a key that is written now.
function sliding_window.prepare(check)
  local time, window = now(), check.window
  local elapsed = time % window
  check.no_hits = SLIDING_WINDOW + (time - elapsed) / window % WINDOW_NUMBERS * WINDOW
  check.left = window - elapsed
  check.ttl = check.left + window
end

-- Returns the counts of the previous and the current window as of now, and whether the key must be written because its
-- window begins later (the clock was set back, or the policy has windows of another length): its hits count as of now.
function sliding_window.counts(value, check)
  if not check.no_hits then sliding_window.prepare(check) end
  if value < SLIDING_WINDOW or value >= AFTER_SLIDING_WINDOW then return 0, 0, false end
  local counts = value % WINDOW
  local current = counts % PREVIOUS
  local windows = (check.no_hits - value + counts) / WINDOW % WINDOW_NUMBERS -- since that of the value
  if windows == 1 then return current, 0, false end
  local later = windows > WINDOW_NUMBERS / 2
  if windows > 0 and not later then return 0, 0, false end
  return (counts - current) / PREVIOUS, current, later
end

function sliding_window.read(key, check)
  local previous, current, misfit = sliding_window.counts(tonumber(call('GET', key)) or 0, check)
  if misfit then sliding_window.write(key, check, previous, current) end
  return previous, current
end

function sliding_window.write(key, check, previous, current)
  if previous + current == 0 then
    call('DEL', key)
  else
    call('SET', key, check.no_hits + previous * PREVIOUS + current, 'PX', check.ttl)
  end
end

function sliding_window.fits(check, previous, current)
  return previous * check.left + (current + check.wanted) * check.window <= check.limit * check.window
end

function sliding_window.decision(check, previous, current, fits)
  local limit, window, wanted, left = check.limit, check.window, check.wanted, check.left
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
  local previous, current = sliding_window.read(key, check)
  return sliding_window.decision(check, previous, current, sliding_window.fits(check, previous, current))
end

-- Consumes the first hits of a key. Its texts are the same for all calls with this check.
function sliding_window.start(key, check)
  check.first_value = check.first_value or string.format('%.0f', check.no_hits + check.hits)
  check.ttl_text = check.ttl_text or string.format('%.0f', check.ttl)
  call('SET', key, check.first_value, 'PX', check.ttl_text)
  return check.limit - check.hits, check.ttl, 0
end

-- Nearly every call needs one command: it fits, and its window has not ended.
function sliding_window.consume(key, check)
  local value, window = increment(key, check.hits_text), check.window
  if not check.no_hits then sliding_window.prepare(check) end
  local counts = value - check.no_hits
  if counts >= 0 and counts < WINDOW then
    local current = counts % PREVIOUS
    local free = (check.limit - current) * window - (counts - current) / PREVIOUS * check.left
    if free >= 0 then return (free - free % window) / window, check.ttl, 0 end
  end
  if value == check.hits then return sliding_window.start(key, check) end
  return sliding_window.consume_with(key, check, sliding_window.counts(value - check.hits, check))
end

-- Consumes the hits, which INCRBY has added, of windows without them.
function sliding_window.consume_with(key, check, previous, current, misfit)
  local fits = sliding_window.fits(check, previous, current)
  if fits then current = current + check.hits end
  if fits or misfit then
    sliding_window.write(key, check, previous, current)
  else
    call('DECRBY', key, check.hits_text)
  end
  return sliding_window.decision(check, previous, current, fits)
end

function sliding_window.refund(key, check)
  local previous, current = sliding_window.read(key, check)
  local of_previous = math.max(0, check.hits - current)
  previous, current = math.max(0, previous - of_previous), math.max(0, current - check.hits)
  sliding_window.write(key, check, previous, current)
end
