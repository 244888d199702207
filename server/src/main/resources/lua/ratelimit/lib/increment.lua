local protected_call = redis.pcall

-- Adds a number, as text, to the integer of a key and returns the sum, or infinity if the key holds another text.
local function increment(key, amount)
  local sum = protected_call('INCRBY', key, amount)
  if type(sum) ~= 'table' then return sum end
  if not string.find(sum.err, 'not an integer', 1, true) then error(sum) end
  return math.huge
end
