
-- One value under one key, which expires. Needs redis/time.

-- Sets the value and its time to live in ms, in one command. Returns when it ends, in ms since 1970.
local function put(key, value, ttl)
  call('SET', key, value, 'PX', ttl)
  return now() + tonumber(ttl)
end

-- Returns 1, the value and the ms it still lives, or 0 if there is none.
local function look(key)
  local value = call('GET', key)
  if not value then return 0, '', 0 end
  return 1, value, math.max(0, call('PTTL', key))
end

-- Removes the value if it is the expected one, or with nil whatever it is. Returns 1 and the value if it did, else 0.
local function take(key, expected)
  local value = call('GET', key)
  if not value or (expected and value ~= expected) then return 0, '' end
  call('DEL', key)
  return 1, value
end

