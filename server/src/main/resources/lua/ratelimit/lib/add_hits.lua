-- @include redis/lib/call

local protected_call = redis.pcall

-- Adds hits, a number as text, to the count of a fixed window and returns the sum. If the sum equals the hits, the key
-- may be new and without a TTL. A value of another algorithm (the policy changed) is replaced.
local function add_hits(key, hits)
  local used = protected_call('INCRBY', key, hits)
  if type(used) ~= 'table' then return used end
  if not string.find(used.err, 'not an integer', 1, true) then error(used) end
  call('SET', key, hits)
  return tonumber(hits)
end
