-- Whether this Redis was started so lately, give or take a second, that it may have lost what it held and not have heard of
-- everybody since.
local uptime

local function is_fresh(ttl)
  uptime = uptime or tonumber(string.match(call('INFO', 'server'), 'uptime_in_seconds:(%d+)'))
  return uptime * 1000 <= tonumber(ttl)
end

