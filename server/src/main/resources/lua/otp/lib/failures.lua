-- Counts failed attempts in their two windows, as in otp/lib/windows.

local function add_failure(list, i)
  list[i], list[i + 2] = list[i] + 1, list[i + 2] + 1
end

local function reset_failures(list, i)
  list[i], list[i + 2] = 0, 0
end

-- The attempts left until the user is locked.
local function failures_allowed(list, i, limits)
  return math.max(0, math.min(limits.hour - list[i], limits.day - list[i + 2]))
end
