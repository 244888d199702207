-- Extends the presence of a user and of one connection of the user.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @keys 2
-- @args 2
-- @returns 1
--
-- KEYS[k]    presence:<user>
-- KEYS[k+1]  {presence:<user>}:connections, a ZSET of when each connection expires, in ms since 1970
-- ARGV[a]    TTL in ms
-- ARGV[a+1]  connection
-- returns    1, or 0 if the user is not online; the connection is stored in both cases

-- One of so many new connections, on average, removes those that were lost without a SetOffline: few stay, and the
-- others cost no command more.
local NEW_PER_REMOVAL = 8

local function run(k, a, reply, n)
  if call('ZADD', KEYS[k + 1], now() + ARGV[a], ARGV[a + 1]) == 1 and now() % NEW_PER_REMOVAL == 0 then
    call('ZREMRANGEBYSCORE', KEYS[k + 1], '-inf', now())
  end
  call('PEXPIRE', KEYS[k + 1], ARGV[a])
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
