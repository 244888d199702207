-- Reads the users in the index of a room.
--
-- @unbatched
-- @include redis/lib/call
-- @keys 1
-- @args 1
-- @returns 1..n
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  maximum number of users, the most recently added first
-- returns  number of users; the users
local function run(k, a, reply, n)
  local users = call('ZREVRANGE', KEYS[k], 0, ARGV[a] - 1)
  reply[n + 1] = #users
  for i, user in ipairs(users) do
    reply[n + 1 + i] = user
  end
end
