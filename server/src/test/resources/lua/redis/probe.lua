-- Adds to a counter, and returns what reached the script.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 2
-- @returns 3
--
-- KEYS[k]    the counter
-- ARGV[a]    number to add
-- ARGV[a+1]  any text
-- returns    the count, the number of keys of this script call, the key with the text
local function run(k, a, reply, n)
  local count = call('INCRBY', KEYS[k], ARGV[a])
  call('PEXPIRE', KEYS[k], 60000)
  reply[n + 1] = count
  reply[n + 2] = #KEYS
  reply[n + 3] = KEYS[k] .. '=' .. ARGV[a + 1]
end
