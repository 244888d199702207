-- Forgets users of the index of a room who were found not to type, unless they were noted again since.
--
-- KEYS[k]      {typing:<room>}:users
-- ARGV[a]      how many
-- ARGV[a+1..]  name and time of each, as they were noted
-- returns      1
local function run(k, a, reply, n)
  for i = a + 1, a + 2 * ARGV[a], 2 do
    if call('ZSCORE', KEYS[k], ARGV[i]) == ARGV[i + 1] then
      call('ZREM', KEYS[k], ARGV[i])
    end
  end
  reply[n + 1] = 1
end
