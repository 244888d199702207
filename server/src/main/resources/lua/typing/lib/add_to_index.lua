-- @include redis/lib/call
-- @include redis/lib/now

local INDEX_TTL_MS = 60000

-- Adds a user to the index of a room: the users that typed there in the last minute, by when they were last added. The
-- index only lists candidates; whether a user types is decided by the key of the user. A new entry removes old ones.
local function add_to_index(index, user)
  if call('ZADD', index, now(), user) == 1 then call('ZREMRANGEBYSCORE', index, 0, now() - INDEX_TTL_MS) end
  call('PEXPIRE', index, INDEX_TTL_MS)
end
