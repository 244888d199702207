-- @include redis/lib/call
-- @include redis/lib/now

-- The guard holds what is counted per user, with or without a code. A new code resets nothing. A HASH with the fields
--   hour, hour_at      failed attempts in the hour that began with the first of them, and when it began
--   day, day_at        the same for 24 hours
--   issues, issues_at  codes issued in the hour that began with the first of them, and when it began
--   last_issue         when the last code was issued
-- Times are in ms since 1970, by the clock of Redis. The key expires when nothing in it counts any more.

local HOUR, DAY = 3600000, 86400000

-- A window as of now: its count, when it began, and the ms until it ends. Without a count it would begin now.
local function read_window(count, since, length)
  count, since = tonumber(count) or 0, tonumber(since) or 0
  local left = math.min(length, since + length - now()) -- a failover may set the clock back
  if count == 0 or left <= 0 then return { count = 0, since = now(), left = length } end
  return { count = count, since = since, left = left }
end

local function read_guard(key)
  local v = call('HMGET', key, 'hour', 'hour_at', 'day', 'day_at', 'issues', 'issues_at', 'last_issue')
  return {
    hour = read_window(v[1], v[2], HOUR),
    day = read_window(v[3], v[4], DAY),
    issues = read_window(v[5], v[6], HOUR),
    last_issue = tonumber(v[7]) or 0,
  }
end

-- The ms until a window that has reached its limit ends, else 0.
local function exhausted_for(window, limit)
  return window.count >= limit and window.left or 0
end

-- The ms until a lock caused by too many failed attempts ends, else 0.
local function locked_for(guard, limits)
  return math.max(exhausted_for(guard.hour, limits.hour), exhausted_for(guard.day, limits.day))
end

-- The ms until the cooldown after the last code ends, else 0.
local function cooldown_left(guard, limits)
  return math.min(limits.cooldown, math.max(0, guard.last_issue + limits.cooldown - now()))
end

-- The ms until a window that counts something ends, else 0.
local function active_for(window)
  return window.count > 0 and window.left or 0
end

-- Sets fields of the guard, which are given as names and values, and its TTL.
local function write_guard(key, guard, limits, ...)
  call('HSET', key, ...)
  local left = math.max(active_for(guard.hour), active_for(guard.day), active_for(guard.issues),
    cooldown_left(guard, limits))
  if left > 0 then
    call('PEXPIRE', key, left)
  else
    call('DEL', key)
  end
end
