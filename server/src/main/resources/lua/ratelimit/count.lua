-- Counts hits if they fit into a fixed window whose end the caller knows: check.lua without the question for it, and without
-- the algorithms, which cost a script call more to define than this to run.
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    limit
-- ARGV[a+1]  window in ms
-- ARGV[a+2]  hits, from 1 to the limit
-- returns    remaining, or -1 - remaining if the hits do not fit
local call = redis.call

-- Numbers by their text: nearly all calls have the same ones, and to read one is dear.
local number = setmetatable({}, {
  __index = function(numbers, text)
    numbers[text] = tonumber(text)
    return numbers[text]
  end,
})

local function run(k, a, reply, n)
  local key, limit, hits = KEYS[k], number[ARGV[a]], ARGV[a + 2]
  local used = add(key, hits)
  if used == number[hits] then call('PEXPIRE', key, ARGV[a + 1]) end -- that window has ended, and a new one starts
  if used <= limit then
    reply[n + 1] = limit - used
  else
    reply[n + 1] = -1 - math.max(0, limit - call('DECRBY', key, hits))
  end
end
