-- Fails where the key says so, and returns 1 elsewhere.
local function run(k, a, reply, n)
  if string.find(KEYS[k], 'broken', 1, true) then error('this is broken') end
  reply[n + 1] = 1
end
