-- @include redis/lib/call
-- @include redis/lib/channel_suffix
-- @include redis/lib/now_micros

-- Publishes that a user went online (1) or offline (0), as '<prefix><online> <micros> <user>'. The script that
-- changes the state calls it, so announcements are in the order of the changes.
local function announce(prefix, user, online)
  local text = string.format('%s%d %.0f %s', prefix, online, now_micros(), user)
  call('PUBLISH', 'ephemeral:presence' .. CHANNEL_SUFFIX, text)
end
