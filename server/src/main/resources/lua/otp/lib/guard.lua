-- @include redis/lib/call
-- @include redis/lib/now

-- The guard holds what is counted per user that was issued a code. A new code resets nothing. A HASH with the fields
--   hour, hour_at          failed attempts without a challenge id in the hour that began with the first of them, and
--                          when it began
--   day, day_at            the same for 24 hours
--   own_hour, own_hour_at, own_day, own_day_at
--                          the same for failed attempts with the challenge id of the code
--   issues, issues_at      codes issued in the hour that began with the first of them, and when it began
--   last_issue             when the last code was issued
-- Times are in ms since 1970, by the clock of Redis. The key expires when nothing in it counts any more.

local HOUR, DAY = 3600000, 86400000

-- A window as of now: its count, when it began, and the ms until it ends. Without a count it would begin now.
local function read_window(count, since, length)
  count, since = tonumber(count) or 0, tonumber(since) or 0
  local left = since + length - now()
  if count == 0 or left <= 0 then return { count = 0, since = now(), left = length } end
  return { count = count, since = since, left = math.min(length, left) }
end

-- Failed attempts of an hour and a day.
local function read_failures(hour, hour_at, day, day_at)
  return { hour = read_window(hour, hour_at, HOUR), day = read_window(day, day_at, DAY) }
end

-- After the clock was set back, times are in the future. They become now, so that nothing lasts longer by the step.
local function move_times_to_now(key, fields, values)
  for i, field in ipairs(fields) do
    if (field == 'last_issue' or string.sub(field, -3) == '_at') and (tonumber(values[i]) or 0) > now() then
      values[i] = string.format('%.0f', now())
      call('HSET', key, field, values[i])
    end
  end
end

local FIELDS = {
  'hour', 'hour_at', 'day', 'day_at', 'own_hour', 'own_hour_at', 'own_day', 'own_day_at',
  'issues', 'issues_at', 'last_issue',
}

local function read_guard(key)
  local v = call('HMGET', key, unpack(FIELDS))
  move_times_to_now(key, FIELDS, v)
  return {
    anonymous = read_failures(v[1], v[2], v[3], v[4]),
    own = read_failures(v[5], v[6], v[7], v[8]),
    issues = read_window(v[9], v[10], HOUR),
    last_issue = tonumber(v[11]) or 0,
  }
end

-- The ms until a window that has reached its limit ends, else 0.
local function exhausted_for(window, limit)
  return window.count >= limit and window.left or 0
end

-- The ms until a lock caused by too many of these failed attempts ends, else 0.
local function locked_for(failures, limits)
  return math.max(exhausted_for(failures.hour, limits.hour), exhausted_for(failures.day, limits.day))
end

-- The ms until so many ms after the last code have passed, else 0.
local function left_after_issue(guard, ms)
  return math.min(ms, math.max(0, guard.last_issue + ms - now()))
end

-- The ms until the cooldown after the last code ends, else 0.
local function cooldown_left(guard, limits)
  return left_after_issue(guard, limits.cooldown)
end

-- The ms until a window that counts something ends, else 0.
local function active_for(window)
  return window.count > 0 and window.left or 0
end

-- Sets fields of the guard, which are given as names and values, and its TTL. With `keep` false it removes the guard
-- again: the same work, and nothing stays.
local function write_guard(key, guard, limits, keep, ...)
  call('HSET', key, ...)
  local left = 0
  for _, window in ipairs({
    guard.anonymous.hour, guard.anonymous.day, guard.own.hour, guard.own.day, guard.issues,
  }) do
    left = math.max(left, active_for(window))
  end
  left = math.max(left, cooldown_left(guard, limits), left_after_issue(guard, limits.ttl)) -- it outlives the code
  if keep and left > 0 then
    call('PEXPIRE', key, left)
  else
    call('DEL', key)
  end
end
