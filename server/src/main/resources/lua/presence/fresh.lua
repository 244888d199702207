-- Whether this Redis was started so lately, give or take a second, that it may have lost what it held and not have heard of
-- everybody since. False where the ACL forbids to ask.
local uptime

local function is_fresh(ttl)
  if not uptime then
    local info = redis.pcall('INFO', 'server')
    uptime = type(info) == 'string' and tonumber(string.match(info, 'uptime_in_seconds:(%d+)')) or math.huge
  end
  return uptime * 1000 <= tonumber(ttl)
end

