local call = redis.call
local used_percent

-- How much Redis uses of what it may use. Asked once a script call: it takes 3 us. 0 without a maxmemory, and where the
-- ACL forbids to ask.
local function used()
  if not used_percent then
    local info = redis.pcall('INFO', 'memory')
    local bytes = type(info) == 'string' and tonumber(string.match(info, 'used_memory:(%d+)'))
    local max = bytes and tonumber(string.match(info, 'maxmemory:(%d+)')) or 0
    used_percent = max > 0 and bytes * 100 / max or 0
  end
  return used_percent
end

