-- Gives hits back: subtracts them from the count, never below zero.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/publish_invalidation
-- @include rls/lib/aligned_window
-- @include rls/lib/count_of
-- @keys 1
-- @args 3
-- @returns 2
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    window in ms
-- ARGV[a+1]  hits
-- ARGV[a+2]  ms that the window had left when the hits were counted: those of a window that has ended ended with it
-- returns    the count without these hits; ms until the window ends
local function run(k, a, reply, n)
  local key, hits, left = KEYS[k], ARGV[a + 1], aligned_window.left(tonumber(ARGV[a]))
  local used = count_of(key)
  if left <= tonumber(ARGV[a + 2]) then
    if used > tonumber(hits) then
      used = call('DECRBY', key, hits)
    elseif used > 0 then
      call('DEL', key)
      used = 0
    end
    publish_invalidation(key)
  end
  reply[n + 1], reply[n + 2] = used, left
end
