-- Sets the flag after a right code, where the flag is in another slot than the code.
--
-- KEYS[k]  session:<user>:otp_valid
-- ARGV[a]  its value
-- returns  when it ends
local function run(k, a, reply, n)
  reply[n + 1] = set_marker(KEYS[k], ARGV[a])
end
