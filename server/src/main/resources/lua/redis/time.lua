local call = redis.call
local clock

-- The time of Redis in ms since 1970, the same throughout a script call.
local function now()
  if not clock then
    local time = call('TIME')
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end

-- The same in microseconds: tells which of two scripts ran later.
local function now_micros()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end

