-- The same for a user with several connections: notes that this one lives, too.
--
-- KEYS[k]    presence:<user>
-- KEYS[k+1]  {presence:<user>}:connections, a ZSET of when each ends, in ms since 1970
-- ARGV[a]    ms that he is online from now on
-- ARGV[a+1]  connection
-- returns    1, or 0 if he is not online; the connection is noted all the same
local function run(k, a, reply, n)
  call('ZADD', KEYS[k + 1], now() + ARGV[a], ARGV[a + 1])
  call('PEXPIRE', KEYS[k + 1], ARGV[a])
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
