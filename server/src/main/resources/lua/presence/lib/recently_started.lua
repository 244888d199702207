local uptime

-- Whether this Redis started less than `ttl` ms ago, give or take a second: it may have lost its data and not have
-- received a heartbeat of each online user since. False where the ACL forbids INFO.
local function recently_started(ttl)
  if not uptime then
    local info = redis.pcall('INFO', 'server')
    uptime = type(info) == 'string' and tonumber(string.match(info, 'uptime_in_seconds:(%d+)')) or math.huge
  end
  return uptime * 1000 <= tonumber(ttl)
end
