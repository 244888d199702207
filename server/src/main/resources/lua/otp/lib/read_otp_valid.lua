-- @include redis/lib/call
-- @include redis/lib/now

-- When the session flag `otp_valid` with this value expires, or 0 if there is none: it was consumed, it expired, or it
-- was set for another session.
local function read_otp_valid(key, value)
  local left = call('GET', key) == value and call('PTTL', key) or 0
  return left > 0 and now() + left or 0
end
