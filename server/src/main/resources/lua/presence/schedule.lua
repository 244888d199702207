-- Schedules the check of a user, where the expiry index is in another slot than the key of the user.
--
-- @batched
-- @include presence/lib/schedule_check
-- @keys 1
-- @args 2
-- @returns 1
--
-- KEYS[k]    the part of the expiry index that holds the user
-- ARGV[a]    ms until the presence ends
-- ARGV[a+1]  user
-- returns    1
local function run(k, a, reply, n)
  schedule_check(KEYS[k], ARGV[a + 1], ARGV[a])
  reply[n + 1] = 1
end
