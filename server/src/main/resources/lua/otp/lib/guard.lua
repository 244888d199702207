-- @include redis/lib/call
-- @include redis/lib/now
-- @include otp/lib/record

-- The guard holds what is counted per user that was issued a code. A new code resets only the attempts at the code. A
-- record, see otp/lib/record, of
--   hour, hour_at          failed attempts without a challenge id in the hour that began with the first of them, and
--                          when it began
--   day, day_at            the same for 24 hours
--   own_hour, own_hour_at, own_day, own_day_at
--                          the same for failed attempts with the challenge id of the code
--   issues, issues_at      codes issued in the hour that began with the first of them, and when it began
--   last_issue             when the last code was issued
--   attempts, guesses      failed attempts at the last code, with and without its challenge id
-- A window that counts nothing is left out. Times are in ms since 1970, by the clock of Redis. The key expires when
-- nothing in it counts any more.

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
local function move_times_to_now(key, record)
  local moved = false
  for name, value in pairs(record) do
    if (name == 'last_issue' or string.sub(name, -3) == '_at') and (tonumber(value) or 0) > now() then
      record[name], moved = string.format('%.0f', now()), true
    end
  end
  if moved then call('SET', key, format_record(record), 'KEEPTTL') end
end

-- The guard of a key that holds `text`.
local function read_guard(key, text)
  local r = parse_record(text)
  move_times_to_now(key, r)
  return {
    anonymous = read_failures(r.hour, r.hour_at, r.day, r.day_at),
    own = read_failures(r.own_hour, r.own_hour_at, r.own_day, r.own_day_at),
    issues = read_window(r.issues, r.issues_at, HOUR),
    last_issue = tonumber(r.last_issue) or 0,
    attempts = tonumber(r.attempts) or 0,
    guesses = tonumber(r.guesses) or 0,
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

-- Writes the guard and its TTL, or removes it if nothing counts any more.
local function write_guard(key, guard, limits)
  local record = {
    last_issue = string.format('%.0f', guard.last_issue), attempts = guard.attempts, guesses = guard.guesses,
  }
  local left = math.max(cooldown_left(guard, limits), left_after_issue(guard, limits.ttl)) -- it outlives the code
  for name, window in pairs({
    hour = guard.anonymous.hour, day = guard.anonymous.day, own_hour = guard.own.hour, own_day = guard.own.day,
    issues = guard.issues,
  }) do
    if window.count > 0 then
      record[name], record[name .. '_at'] = window.count, string.format('%.0f', window.since)
      left = math.max(left, window.left)
    end
  end
  if left > 0 then
    call('SET', key, format_record(record), 'PX', left)
  else
    call('DEL', key)
  end
end
