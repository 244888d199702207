-- @include redis/lib/call

-- The time of Redis in microseconds since 1970, read at each call: of two scripts, the one that ran later has the
-- larger one.
local function now_micros()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end
