-- Marks a user online after a heartbeat that found no presence. Of concurrent calls, exactly one makes the change.
--
-- @batched
-- @include redis/lib/call
-- @include presence/lib/announce
-- @include presence/lib/schedule_check
-- @keys 2
-- @args 3
-- @returns 1
--
-- KEYS[k]    presence:<user>
-- KEYS[k+1]  the part of the expiry index that holds the user, or the first key again if that is in another slot and
--            already written
-- ARGV[a]    TTL in ms
-- ARGV[a+1]  user
-- ARGV[a+2]  prefix of the announcement
-- returns    1 if this call marked the user online, else 0
local function run(k, a, reply, n)
  local before = call('SET', KEYS[k], 'online', 'PX', ARGV[a], 'GET')
  reply[n + 1] = before and 0 or 1
  if not before then
    if KEYS[k + 1] ~= KEYS[k] then schedule_check(KEYS[k + 1], ARGV[a + 1], ARGV[a]) end
    announce(ARGV[a + 2], ARGV[a + 1], 1)
  end
end
