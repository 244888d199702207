-- @include redis/lib/call

-- Removes the value if it equals `expected`, or any value if `expected` is nil. Returns 1 and the removed value, else 0
-- and ''.
local function consume_value(key, expected)
  local value = call('GET', key)
  if not value or (expected and value ~= expected) then return 0, '' end
  call('DEL', key)
  return 1, value
end
