-- Sets a flag, or replaces its value and its time to live.
--
-- KEYS[k]    flag:<feature>:<user>
-- ARGV[a]    value
-- ARGV[a+1]  time to live in ms
-- returns    when it ends, in ms since 1970
local function run(k, a, reply, n)
  reply[n + 1] = put(KEYS[k], ARGV[a], ARGV[a + 1])
end
