-- @include redis/lib/call
-- @include ratelimit/lib/increment
-- @include ratelimit/lib/values

-- Adds hits, a number as text, to the count of a fixed window and returns the sum. If the sum equals the hits, the key
-- may be new and without a TTL. A value of another algorithm (the policy changed) is replaced.
local function add_hits(key, hits)
  local used = increment(key, hits)
  if used < ALGORITHM then return used end
  call('SET', key, hits)
  return tonumber(hits)
end
