-- Removes the count.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/publish_invalidation
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  rate:<user>:<action>
-- returns  1 if there was a count, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
  publish_invalidation(KEYS[k])
end
