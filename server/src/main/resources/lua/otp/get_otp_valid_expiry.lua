-- Reads whether the otp_valid flag of an earlier right code still exists, where the flag is in another slot than the
-- code.
--
-- @batched
-- @include otp/lib/read_otp_valid
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  session:<user>:otp_valid
-- ARGV[a]  value of the flag
-- returns  when the flag expires, in ms since 1970, or 0 if there is none with this value
local function run(k, a, reply, n)
  reply[n + 1] = read_otp_valid(KEYS[k], ARGV[a])
end
