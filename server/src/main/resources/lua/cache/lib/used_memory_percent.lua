local used_percent

-- The memory that Redis uses, in percent of its maxmemory. 0 without a maxmemory, and where the ACL forbids INFO. Read
-- once per script call: INFO takes 3 us.
local function used_memory_percent()
  if not used_percent then
    local info = redis.pcall('INFO', 'memory')
    local bytes = type(info) == 'string' and tonumber(string.match(info, 'used_memory:(%d+)'))
    local max = bytes and tonumber(string.match(info, 'maxmemory:(%d+)')) or 0
    used_percent = max > 0 and bytes * 100 / max or 0
  end
  return used_percent
end
