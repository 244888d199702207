-- A record is one string of 'name=value' with a space between each two, so that one command writes it with its TTL.
-- Neither names nor values contain a space, names no '='.

-- Returns the values by name, empty if there is no text.
local function parse_record(text)
  local record = {}
  for name, value in string.gmatch(text or '', '([^ =]+)=(%S*)') do
    record[name] = value
  end
  if text and not next(record) then error({ err = 'WRONGTYPE The key holds a string of another program' }) end
  return record
end

local function format_record(record)
  local fields = {}
  for name, value in pairs(record) do
    fields[#fields + 1] = name .. '=' .. value
  end
  return table.concat(fields, ' ')
end
