-- @include redis/lib/call
-- @include redis/lib/now

-- The time of the test in ms, and `call` as if it were the time of Redis: the moment at which a key expires is under
-- `{<key>}:expiry`, and no key has a TTL. To be included before the algorithms.
local clock = 0
local redis_call = call

local function now()
  return clock
end

local function expiry(key)
  return '{' .. key .. '}:expiry'
end

local timed = {}

function timed.PTTL(key)
  if redis_call('EXISTS', key) == 0 then return -2 end
  local at = redis_call('GET', expiry(key))
  return at and at - clock or -1
end

function timed.PEXPIRE(key, ttl)
  redis_call('SET', expiry(key), string.format('%.0f', clock + ttl))
  return redis_call('EXISTS', key)
end

function timed.SET(key, value, _, ttl)
  if ttl then timed.PEXPIRE(key, ttl) else redis_call('DEL', expiry(key)) end
  return redis_call('SET', key, value)
end

function timed.DEL(key)
  return redis_call('DEL', key, expiry(key)) > 0 and 1 or 0
end

local function call(command, key, ...)
  local at_this_time = timed[command] or function(...) return redis_call(command, ...) end
  return at_this_time(key, ...)
end

-- Sets the time. A key expires after its last millisecond.
local function set_clock(key, time)
  clock = time
  if timed.PTTL(key) < 0 then timed.DEL(key) end
end
