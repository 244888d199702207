-- Adds to a counter, and tells what reached the script.
--
-- KEYS[k]    the counter
-- ARGV[a]    how much to add
-- ARGV[a+1]  any text
--
-- Returns the count, how many keys this script call has, and the key with the text.
local function run(k, a, reply, n)
  local count = redis.call('INCRBY', KEYS[k], ARGV[a])
  redis.call('PEXPIRE', KEYS[k], 60000)
  reply[n + 1] = count
  reply[n + 2] = #KEYS
  reply[n + 3] = KEYS[k] .. '=' .. ARGV[a + 1]
end
