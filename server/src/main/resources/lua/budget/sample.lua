-- Weighs some keys of this master, drawn at random, so that one can be drawn twice.
--
-- KEYS[k]       any key of the master; only steers
-- ARGV[a]       how many keys to draw
-- ARGV[a+1...]  the start of the keys of each kind
-- returns       how many values follow, then kind (counted from 1; 0 for none of them) and bytes of each key
local function run(_, a, reply, n)
  local last = n + 1
  for _ = 1, tonumber(ARGV[a]) do
    local key = call('RANDOMKEY')
    if key then
      last = weigh(key, a + 1, reply, last)
    end
  end
  reply[n + 1] = last - n - 1
end
