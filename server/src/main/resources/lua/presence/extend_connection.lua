-- Extends the presence of a user and of one connection of the user, and stores no new connection: for a Redis that is
-- nearly full. The first write is one that a full Redis permits; the others need no more memory.
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
-- returns    1, or 0 if the user is not online or the connection is new; nothing has changed then
local function run(k, a, reply, n)
  local is_known = call('ZSCORE', KEYS[k + 1], ARGV[a + 1])
  if is_known and call('PEXPIRE', KEYS[k], ARGV[a]) == 1 then
    call('ZADD', KEYS[k + 1], 'XX', now() + ARGV[a], ARGV[a + 1])
    call('PEXPIRE', KEYS[k + 1], ARGV[a])
    reply[n + 1] = 1
  else
    reply[n + 1] = 0
  end
end
