-- Adds hits, a number as text, to the count of a fixed window, and returns the sum. If that is the hits themselves, the key may
-- be new and without a time to live. What another algorithm left there (the policy changed) counts as nothing.
local try = redis.pcall

local function add(key, hits)
  local used = try('INCRBY', key, hits)
  if type(used) ~= 'table' then return used end
  if not string.find(used.err, 'not an integer', 1, true) then error(used) end
  redis.call('SET', key, hits)
  return tonumber(hits)
end

