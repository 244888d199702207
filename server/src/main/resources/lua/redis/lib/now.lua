-- @include redis/lib/call

local clock

-- The time of Redis in ms since 1970. The same throughout one script call.
local function now()
  if not clock then
    local time = call('TIME')
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end
