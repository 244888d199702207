-- @include redis/lib/call
-- @include redis/lib/now

local OTP_VALID_TTL = '300000' -- text, which costs less to pass on than a number

-- Sets the session flag `otp_valid`, which states that the user entered the right code. Returns when it expires.
local function write_otp_valid(key, value)
  call('SET', key, value, 'PX', OTP_VALID_TTL)
  return now() + OTP_VALID_TTL
end
