local protected_call = redis.pcall

-- Adds a number, as text, to the integer of a key and returns the sum, or infinity if the key holds another text, or an
-- integer that would overflow: no algorithm writes those.
local function increment(key, amount)
  local sum = protected_call('INCRBY', key, amount)
  if type(sum) ~= 'table' then return sum end
  local foreign = string.find(sum.err, 'not an integer', 1, true) or string.find(sum.err, 'overflow', 1, true)
  if not foreign then error(sum) end
  return math.huge
end
