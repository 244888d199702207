-- Adds a user to the index of a room, where the index is in another slot than the key of the user.
--
-- @batched
-- @include typing/lib/add_to_index
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  user
-- returns  1
local function run(k, a, reply, n)
  add_to_index(KEYS[k], ARGV[a])
  reply[n + 1] = 1
end
