-- Announces that a user went offline, unless the user is online. The check and the announcement are one step, so a
-- racing heartbeat is announced after it. If Redis started recently, it may not have received a heartbeat of the user
-- yet: the user is checked again later. A Redis that rejects writes has rejected heartbeats too: the DEL, of a key that
-- does not exist, fails there, and the user is not announced.
--
-- @batched
-- @include redis/lib/call
-- @include presence/lib/announce
-- @include presence/lib/max_ttl
-- @include presence/lib/recently_started
-- @keys 1
-- @args 4
-- @returns 1
--
-- KEYS[k]    presence:<user>
-- ARGV[a]    user
-- ARGV[a+1]  TTL in ms of a presence
-- ARGV[a+2]  prefix of the announcement
-- ARGV[a+3]  ms for which no user of this master may be announced, because heartbeats were lost; 0 or more
-- returns    ms until the next check of the user, 0 or more, or -2 if the user is offline
local function run(k, a, reply, n)
  local left, held = call('PTTL', KEYS[k]), tonumber(ARGV[a + 3])
  if left == -1 or left > MAX_TTL then -- not written by this service, or before the clock was set back
    call('PEXPIRE', KEYS[k], ARGV[a + 1])
    left = tonumber(ARGV[a + 1])
  elseif left == -2 then
    call('DEL', KEYS[k])
    if recently_started(ARGV[a + 1]) then
      left = tonumber(ARGV[a + 1])
    elseif held > 0 then
      left = held
    else
      announce(ARGV[a + 2], ARGV[a], 0)
    end
  end
  reply[n + 1] = left
end
