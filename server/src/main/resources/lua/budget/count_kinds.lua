-- Measures all keys of one master, if there are few.
--
-- @unbatched
-- @include budget/lib/measure_key
-- @keys 1
-- @args 1..n
-- @returns 1..n
--
-- KEYS[k]       any key; selects the master
-- ARGV[a]       maximum number of keys
-- ARGV[a+1...]  prefix of the keys of each kind
-- returns       number of values that follow, or -1 if there are too many keys or Redis does not permit it; kind (from
--               1; 0 for none) and bytes of each key

-- A SCAN visits at most ten times as many buckets as the COUNT. After many keys have expired there may be millions of
-- empty buckets for a while. Then not all buckets are visited, and the script returns -1.
local MAX_PAGES, PAGE = 10, '1000'

local function run(_, a, reply, n)
  local max, seen, cursor, keys, last = tonumber(ARGV[a]), {}, '0', 0, n + 1
  for _ = 1, MAX_PAGES do
    local page = redis.pcall('SCAN', cursor, 'COUNT', PAGE)
    if page.err then
      reply[n + 1] = -1
      return
    end
    cursor = page[1]
    for _, key in ipairs(page[2]) do
      if not seen[key] then -- SCAN may return a key twice
        seen[key] = true
        keys = keys + 1
        if keys > max then
          break
        end
        last = measure_key(key, a + 1, reply, last)
        if not last then
          reply[n + 1] = -1
          return
        end
      end
    end
    if cursor == '0' or keys > max then
      break
    end
  end
  reply[n + 1] = cursor == '0' and keys <= max and last - n - 1 or -1
end
