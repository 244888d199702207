-- check.lua with a clock that the test sets, so that the algorithms can be compared with a model second by second.
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    terms
-- ARGV[a+1]  what to do: answer, or give_back
-- ARGV[a+2]  the time, in ms
-- returns    remaining, reset, retry
local function run(k, a, reply, n)
  local terms = parse(ARGV[a])
  clock = tonumber(ARGV[a + 2])
  if ARGV[a + 1] == 'give_back' then
    give_back(KEYS[k], terms)
    reply[n + 1], reply[n + 2] = terms.algorithm.look(KEYS[k], terms)
    reply[n + 3] = 0
  else
    reply[n + 1], reply[n + 2], reply[n + 3] = terms.answer(KEYS[k], terms)
  end
  call('PERSIST', KEYS[k]) -- the test's time passes faster than that of Redis
end
