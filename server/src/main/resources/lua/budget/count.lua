-- Weighs all keys of this master, if they are few.
--
-- KEYS[k]       any key of the master; only steers
-- ARGV[a]       how many keys are few
-- ARGV[a+1...]  the start of the keys of each kind
-- returns       how many values follow, or -1 if there are too many keys, then kind (counted from 1; 0 for none of them)
--               and bytes of each key

-- A SCAN visits at most ten times as many buckets as keys were asked for. After a great many keys expired there may be
-- millions of empty ones for a while: then they are not all visited.
local MAX_PAGES, PAGE = 10, '1000'

local function run(_, a, reply, n)
  local most, seen, cursor, keys, last = tonumber(ARGV[a]), {}, '0', 0, n + 1
  for _ = 1, MAX_PAGES do
    local page = call('SCAN', cursor, 'COUNT', PAGE)
    cursor = page[1]
    for _, key in ipairs(page[2]) do
      if not seen[key] then -- SCAN may tell a key twice
        seen[key] = true
        keys = keys + 1
        if keys > most then
          break
        end
        last = weigh(key, a + 1, reply, last)
      end
    end
    if cursor == '0' or keys > most then
      break
    end
  end
  reply[n + 1] = cursor == '0' and keys <= most and last - n - 1 or -1
end
