-- A second script, of another shape: two keys, one argument, two values.
--
-- Returns the number given as argument, and both keys.
local function run(k, a, reply, n)
  reply[n + 1] = tonumber(ARGV[a])
  reply[n + 2] = KEYS[k] .. '+' .. KEYS[k + 1]
end
