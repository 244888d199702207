-- Weighs a key: appends the number of its kind (0 if it is of none) and its bytes to the reply.
--
-- A helper key, such as {otp:alice}:guard, belongs to the kind of the key that it stands beside. MEMORY USAGE without
-- SAMPLES looks at five members of a large collection only, so that a foreign key of a million members costs no more; our
-- own keys are strings and small hashes, of which it tells the exact size.
--
-- kinds  the start of the keys of each kind, from ARGV[from]
local function weigh(key, from, reply, n)
  local bytes = call('MEMORY', 'USAGE', key)
  if not bytes then -- expired meanwhile
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
