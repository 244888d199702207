-- @include redis/lib/now_micros
-- @include redis/lib/publish

-- Publishes that a user went online (1) or offline (0), as '<prefix><online> <micros> <user>'. The script that
-- changes the state calls it, so announcements are in the order of the changes.
local function announce(prefix, user, online)
  local text = string.format('%s%d %.0f %s', prefix, online, now_micros(), user)
  publish('ephemeral:presence', text)
end
