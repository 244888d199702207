-- Measures random keys of one master. A key can be drawn more than once. Measures none if Redis does not permit it.
--
-- @unbatched
-- @include budget/lib/measure_key
-- @keys 1
-- @args 1..n
-- @returns 1..n
--
-- KEYS[k]       any key; selects the master
-- ARGV[a]       number of draws
-- ARGV[a+1...]  prefix of the keys of each kind
-- returns       number of values that follow; kind (from 1; 0 for none) and bytes of each key
local function run(_, a, reply, n)
  local last = n + 1
  for _ = 1, tonumber(ARGV[a]) do
    local key = redis.pcall('RANDOMKEY')
    local measured = last
    if key then measured = type(key) == 'string' and measure_key(key, a + 1, reply, last) end
    if not measured then break end
    last = measured
  end
  reply[n + 1] = last - n - 1
end
