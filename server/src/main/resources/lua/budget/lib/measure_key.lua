-- Measures a key: appends the number of its kind (0 if it has none) and its bytes to the reply. Returns the new length
-- of the reply, or nil if Redis does not permit MEMORY. The prefixes of the kinds start at ARGV[from].
--
-- A companion key, such as {otp:alice}:guard, has the kind of the key in its braces. MEMORY USAGE without SAMPLES reads
-- only five members of a large collection, so a foreign key of a million members costs no more; the keys of this
-- service are strings and small hashes, for which the size is exact.
local function measure_key(key, from, reply, n)
  local bytes = redis.pcall('MEMORY', 'USAGE', key)
  if type(bytes) == 'table' then return nil end
  if not bytes then -- expired in the meantime
    return n
  end
  local start = string.byte(key) == 123 and 2 or 1 -- after the {
  local kind = 0
  for i = from, #ARGV do
    if string.sub(key, start, start + #ARGV[i] - 1) == ARGV[i] then
      kind = i - from + 1
      break
    end
  end
  reply[n + 1], reply[n + 2] = kind, bytes
  return n + 2
end
