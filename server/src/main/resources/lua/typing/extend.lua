-- Extends the indicator of a user. Announces nothing.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  typing:<room>:<user>
-- ARGV[a]  TTL in ms
-- returns  1 if the user was typing, else 0
local function run(k, a, reply, n)
  reply[n + 1] = call('PEXPIRE', KEYS[k], ARGV[a])
end
