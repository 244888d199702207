-- @include redis/lib/call
-- @include redis/lib/now

-- Sets a value and its TTL in ms with one command. Returns when it expires, in ms since 1970.
local function set_value(key, value, ttl)
  call('SET', key, value, 'PX', ttl)
  return now() + tonumber(ttl)
end
