-- @include redis/lib/call
-- @include redis/lib/now

-- Returns the ms until the next check of a part of the expiry index is due, or -1 if none is scheduled.
local function next_due(index)
  local first = call('ZRANGE', index, 0, 0, 'WITHSCORES')
  return first[2] and math.max(0, first[2] - now()) or -1
end
