-- @include redis/lib/call
-- @include ratelimit/lib/values

-- Returns the count of a window. A value of another algorithm (CheckRate has a policy for the action) counts nothing.
local function count_of(key)
  local used = tonumber(call('GET', key)) or 0
  return used < ALGORITHM and used or 0
end
