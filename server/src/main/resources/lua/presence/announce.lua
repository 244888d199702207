-- What becomes known of users, as 'online micros user' with online 1 or 0. Published by the script that makes the step, so
-- that what is announced is in the order in which it happened.

local function announce(user, online)
  call('PUBLISH', 'ephemeral:presence', string.format('%d %.0f %s', online, now_micros(), user))
end

-- The index holds when to look whether a user is still online, in ms since 1970. It lives as long as somebody looks.
local INDEX_TTL = 3600000

local function arm(index, user, left)
  call('ZADD', index, now() + left + 1, user)
  call('PEXPIRE', index, INDEX_TTL)
end

