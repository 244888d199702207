-- The session flag `otp_valid`: says that the user gave the right code.

local MARKER_TTL = 300000

-- Returns when it ends.
local function set_marker(key, value)
  call('SET', key, value, 'PX', MARKER_TTL)
  return now() + MARKER_TTL
end

-- When the flag of this value ends, or 0 if there is none: taken, ended, or set for another session.
local function marker_end(key, value)
  local left = call('GET', key) == value and call('PTTL', key) or 0
  return left > 0 and now() + left or 0
end

