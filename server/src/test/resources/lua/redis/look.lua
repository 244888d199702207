-- Tells which look at its key it is, the first, the second and so on.
local function run(k, _, reply, n)
  reply[n + 1] = redis.call('INCR', KEYS[k])
end
