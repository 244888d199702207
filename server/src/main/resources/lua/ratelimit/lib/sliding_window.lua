-- @include redis/lib/call
-- @include redis/lib/now

-- Sliding window: 'start:previous:current'. The hits of the previous window count by the share of it that the last
-- `window` milliseconds still cover (the approximation described at
-- https://blog.cloudflare.com/counting-things-a-lot-of-different-things/). All sums are in hits times milliseconds.
-- The functions of an algorithm are described in ratelimit/lib/parse_check.
local sliding_window = {}

-- Returns the windows as of now: the start of the current one, both counts, and the ms until the current one ends.
function sliding_window.read(key, window)
  local t = now()
  local start, previous, current = string.match(call('GET', key) or '', '^(%d+):(%d+):(%d+)$')
  if not start then return t, 0, 0, window end
  start, previous, current = tonumber(start), tonumber(previous), tonumber(current)
  if t < start then -- the clock was set back: the window starts now, not only when the clock has caught up
    start = t
    sliding_window.write(key, window, start, previous, current, window)
  end
  local passed = math.floor((t - start) / window)
  if passed >= 2 then return t, 0, 0, window end
  if passed == 1 then start, previous, current = start + window, current, 0 end
  return start, previous, current, start + window - t
end

function sliding_window.write(key, window, start, previous, current, left)
  if previous + current == 0 then
    call('DEL', key)
  else
    call('SET', key, string.format('%.0f:%d:%d', start, previous, current), 'PX', left + window)
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
  local _, previous, current, left = sliding_window.read(key, check.window)
  return sliding_window.decision(check, previous, current, left, sliding_window.fits(check, previous, current, left))
end

function sliding_window.consume(key, check)
  local start, previous, current, left = sliding_window.read(key, check.window)
  local fits = sliding_window.fits(check, previous, current, left)
  if fits then
    current = current + check.hits
    sliding_window.write(key, check.window, start, previous, current, left)
  end
  return sliding_window.decision(check, previous, current, left, fits)
end

function sliding_window.refund(key, check)
  local start, previous, current, left = sliding_window.read(key, check.window)
  local of_previous = math.max(0, check.hits - current)
  previous, current = math.max(0, previous - of_previous), math.max(0, current - check.hits)
  sliding_window.write(key, check.window, start, previous, current, left)
end
