-- Extends the presence of a user: one command, for nearly every heartbeat.
--
-- @batched
-- @lean
-- @include redis/lib/call
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  presence:<user>
-- ARGV[a]  TTL in ms
-- returns  1, or 0 if the user is not online; nothing has changed then
local function run(k, a, reply, n)
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
