-- Gives hits back: subtracts them from the count, never below zero.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/publish_invalidation
-- @include rls/lib/aligned_window
-- @keys 1
-- @args 2
-- @returns 2
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    window in ms
-- ARGV[a+1]  hits
-- returns    the count without these hits; ms until the window ends
local function run(k, a, reply, n)
  local key, hits = KEYS[k], ARGV[a + 1]
  local used = tonumber(call('GET', key)) or 0
  if used > tonumber(hits) then
    used = call('DECRBY', key, hits)
  elseif used > 0 then
    call('DEL', key)
    used = 0
  end
  publish_invalidation(key)
  reply[n + 1], reply[n + 2] = used, aligned_window.left(tonumber(ARGV[a]))
end
