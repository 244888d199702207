-- Counts hits if they fit into a fixed window whose end the caller has cached. Unlike check.lua it does not read the
-- end of the window, and it does not include the algorithms: defining them costs a script call more than running this.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/add_hits
-- @keys 1
-- @args 3
-- @returns 1
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    limit
-- ARGV[a+1]  window in ms
-- ARGV[a+2]  hits, from 1 to the limit
-- returns    remaining, or -1 - remaining if the hits do not fit

-- Parsed numbers by their text: nearly all calls have the same ones, and parsing is expensive.
local number = setmetatable({}, {
  __index = function(numbers, text)
    numbers[text] = tonumber(text)
    return numbers[text]
  end,
})

local function run(k, a, reply, n)
  local key, limit, hits = KEYS[k], number[ARGV[a]], ARGV[a + 2]
  local used = add_hits(key, hits)
  if used == number[hits] then call('PEXPIRE', key, ARGV[a + 1]) end -- the cached window has ended: a new one starts
  if used <= limit then
    reply[n + 1] = limit - used
  else
    reply[n + 1] = -1 - math.max(0, limit - call('DECRBY', key, hits))
  end
end
