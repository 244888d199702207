-- Says whether the flag of an earlier right code still stands, where it is in another slot than the code.
--
-- KEYS[k]  session:<user>:otp_valid
-- ARGV[a]  its value
-- returns  when it ends, or 0 if there is none of this value
local function run(k, a, reply, n)
  reply[n + 1] = marker_end(KEYS[k], ARGV[a])
end
