-- Removes users from the index of a room whose own keys have expired. On a Cluster the index is written before the key,
-- so entries younger than 10 s are kept.
--
-- @unbatched
-- @include redis/lib/call
-- @include redis/lib/now
-- @keys 1
-- @args 2..n
-- @returns 1
--
-- KEYS[k]      {typing:<room>}:users
-- ARGV[a]      number of users
-- ARGV[a+1..]  users
-- returns      1
local MIN_AGE = 10000

local function run(k, a, reply, n)
  for i = a + 1, a + ARGV[a] do
    local added_at = call('ZSCORE', KEYS[k], ARGV[i])
    if added_at and now() - added_at > MIN_AGE then
      call('ZREM', KEYS[k], ARGV[i])
    end
  end
  reply[n + 1] = 1
end
