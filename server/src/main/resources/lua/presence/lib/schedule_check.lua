-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/index_ttl

-- Schedules the check of a user for when their presence ends, in `left` ms. The index holds the time of the next check
-- by user, in ms since 1970.
local function schedule_check(index, user, left)
  call('ZADD', index, now() + left + 1, user)
  call('PEXPIRE', index, INDEX_TTL)
end
