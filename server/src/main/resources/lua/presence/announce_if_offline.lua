-- Announces that a user went offline, unless the user is online. The check and the announcement are one step, so a
-- racing heartbeat is announced after it. If Redis started recently, it may not have received a heartbeat of the user
-- yet: the user is checked again later.
--
-- @batched
-- @include redis/lib/call
-- @include presence/lib/announce
-- @include presence/lib/recently_started
-- @keys 1
-- @args 3
-- @returns 1
--
-- KEYS[k]    presence:<user>
-- ARGV[a]    user
-- ARGV[a+1]  TTL in ms of a presence
-- ARGV[a+2]  prefix of the announcement
-- returns    ms until the next check of the user, 0 or more, or -2 if the user is offline
local function run(k, a, reply, n)
  local left = call('PTTL', KEYS[k])
  if left == -1 then -- without a TTL: not written by this service
    call('PEXPIRE', KEYS[k], ARGV[a + 1])
    left = tonumber(ARGV[a + 1])
  elseif left == -2 and recently_started(ARGV[a + 1]) then
    left = tonumber(ARGV[a + 1])
  elseif left == -2 then
    announce(ARGV[a + 2], ARGV[a], 0)
  end
  reply[n + 1] = left
end
