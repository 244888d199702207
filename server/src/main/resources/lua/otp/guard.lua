-- What is counted of a user, whether he has a code or not. No new code resets it. A HASH with the fields
--   hour, hour_at    wrong codes in the hour that began with the first of them, and when that was
--   day, day_at      the same for 24 hours
--   sends, sends_at  codes issued in the hour that began with the first of them, and when that was
--   last             when the last code was issued
-- Times are in ms, by the clock of Redis. The key ends when nothing in it counts any more.

local HOUR, DAY = 3600000, 86400000

local parsed = {} -- the terms of this script call, by their text: mostly all calls have the same

-- Reads 'ttl:tries:hour:day:cooldown:sends': how long a code lives and how many wrong tries it stands, how many wrong
-- codes are looked at in an hour and a day, how long after a code the next is issued, and how many are in an hour.
local function parse(text)
  local terms = parsed[text]
  if not terms then
    local ttl, tries, hour, day, cooldown, sends = string.match(text, '^(%d+):(%d+):(%d+):(%d+):(%d+):(%d+)$')
    terms = {
      ttl = tonumber(ttl), tries = tonumber(tries), hour = tonumber(hour), day = tonumber(day),
      cooldown = tonumber(cooldown), sends = tonumber(sends),
    }
    parsed[text] = terms
  end
  return terms
end

-- A window as of now: what it counts, since when, and the ms until it ends. Without a count it would begin now.
local function window(count, since, length)
  count, since = tonumber(count) or 0, tonumber(since) or 0
  local left = math.min(length, since + length - now()) -- a failover may set the clock back
  if count == 0 or left <= 0 then return { count = 0, since = now(), left = length } end
  return { count = count, since = since, left = left }
end

local function load(key)
  local v = call('HMGET', key, 'hour', 'hour_at', 'day', 'day_at', 'sends', 'sends_at', 'last')
  return {
    hour = window(v[1], v[2], HOUR),
    day = window(v[3], v[4], DAY),
    sends = window(v[5], v[6], HOUR),
    last = tonumber(v[7]) or 0,
  }
end

-- The ms until a window that is used up ends, else 0.
local function used_up(counted, max)
  return counted.count >= max and counted.left or 0
end

-- The ms until the user's codes are looked at again, else 0.
local function locked(guard, terms)
  return math.max(used_up(guard.hour, terms.hour), used_up(guard.day, terms.day))
end

-- The ms until the cooldown after the last code is over, else 0.
local function cooling(guard, terms)
  return math.min(terms.cooldown, math.max(0, guard.last + terms.cooldown - now()))
end

local function running(counted)
  return counted.count > 0 and counted.left or 0
end

local function expire(key, guard, terms)
  local left = math.max(running(guard.hour), running(guard.day), running(guard.sends), cooling(guard, terms))
  if left > 0 then
    call('PEXPIRE', key, left)
  else
    call('DEL', key)
  end
end

local function store_failures(key, guard, terms)
  local hour, day = guard.hour, guard.day
  call('HSET', key, 'hour', hour.count, 'hour_at', hour.since, 'day', day.count, 'day_at', day.since)
  expire(key, guard, terms)
end

local function store_send(key, guard, terms)
  call('HSET', key, 'sends', guard.sends.count, 'sends_at', guard.sends.since, 'last', guard.last)
  expire(key, guard, terms)
end

