-- Counts the users of a part of the expiry index: those that are online, and some for a moment after they went offline.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  a part of the expiry index
-- returns  number of users
local function run(k, _, reply, n)
  reply[n + 1] = call('ZCARD', KEYS[k])
end
