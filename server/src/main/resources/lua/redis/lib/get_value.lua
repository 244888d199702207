-- @include redis/lib/call

-- Returns 1, the value and its TTL in ms, or 0, '' and 0 if there is no value.
local function get_value(key)
  local value = call('GET', key)
  if not value then return 0, '', 0 end
  return 1, value, math.max(0, call('PTTL', key))
end
