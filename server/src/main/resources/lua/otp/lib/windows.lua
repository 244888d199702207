-- @include redis/lib/now

-- A window counts events from the first of them on, for a fixed time. It is two fields of a list: at i the count, at
-- i + 1 when it began, in ms since 1970. Failed attempts are counted in two windows: an hour at i, a day at i + 2.
local HOUR, DAY = 3600000, 86400000

-- Begins a window now if it is over or counts nothing.
local function begin_window(list, i, length)
  if list[i] == 0 or list[i + 1] + length <= now() then
    list[i], list[i + 1] = 0, now()
  end
end

local function begin_failures(list, i)
  begin_window(list, i, HOUR)
  begin_window(list, i + 2, DAY)
end

-- The ms until a window ends, 0 if it counts nothing.
local function window_left(list, i, length)
  return list[i] > 0 and math.min(length, list[i + 1] + length - now()) or 0
end

local function failures_left(list, i)
  return math.max(window_left(list, i, HOUR), window_left(list, i + 2, DAY))
end

-- The ms until a window that has reached its limit ends, else 0.
local function exhausted_for(list, i, length, limit)
  return list[i] >= limit and window_left(list, i, length) or 0
end

-- The ms until a lock caused by too many failed attempts ends, else 0.
local function locked_for(list, i, limits)
  return math.max(exhausted_for(list, i, HOUR, limits.hour), exhausted_for(list, i + 2, DAY, limits.day))
end
