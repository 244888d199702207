-- @include redis/lib/prefix

-- Measures a key: appends the number of its kind (0 if it has none) and its bytes to the reply. Returns the new length
-- of the reply, or nil if Redis does not permit MEMORY. The prefixes of the kinds start at ARGV[from].
--
-- A companion key, such as {otp:alice}:guard, has the kind of the key in its braces. MEMORY USAGE without SAMPLES reads
-- only five members of a large collection, so a foreign key of a million members costs no more; the keys of this
-- service are strings and small hashes, for which the size is exact. A foreign key that the ACL denies counts as empty.
local function measure_key(key, from, reply, n)
  local kind = 0
  if string.sub(key, 1, #PREFIX) == PREFIX then
    local start = #PREFIX + 1
    if string.byte(key, start) == 123 then start = start + 1 end -- after the {
    for i = from, #ARGV do
      if string.sub(key, start, start + #ARGV[i] - 1) == ARGV[i] then
        kind = i - from + 1
        break
      end
    end
  end
  local bytes = redis.pcall('MEMORY', 'USAGE', key)
  if type(bytes) == 'table' then
    if kind > 0 then return nil end
    bytes = 0
  elseif not bytes then -- expired in the meantime
    return n
  end
  reply[n + 1], reply[n + 2] = kind, bytes
  return n + 2
end
