-- Reads an entry, and acquires the lease to load it if it is missing or past its soft age. No lease is given while
-- Redis is so full that even leases would take too much memory.
--
-- @batched
-- @include redis/lib/call
-- @include cache/lib/used_memory_percent
-- @keys 2
-- @args 4
-- @returns 4
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- ARGV[a]    lease
-- ARGV[a+1]  TTL of the lease in ms
-- ARGV[a+2]  minimum TTL in ms of an entry within its soft age
-- ARGV[a+3]  percent of memory up to which leases are given
-- returns    TTL of the entry in ms, or -2 if there is none
--            its text, '' if it is negative
--            1 if the lease was acquired, else 0
--            ms until the current lease ends; 0 if this one was acquired or there is nothing to load
local function run(k, a, reply, n)
  local text = call('GET', KEYS[k])
  local left = text and call('PTTL', KEYS[k]) or -2
  local acquired, wait = 0, 0
  if not text or (text ~= '' and left < tonumber(ARGV[a + 2])) then
    if used_memory_percent() > tonumber(ARGV[a + 3]) then
      wait = tonumber(ARGV[a + 1])
    elseif call('SET', KEYS[k + 1], ARGV[a], 'NX', 'PX', ARGV[a + 1]) then
      acquired = 1
    else
      wait = math.max(1, call('PTTL', KEYS[k + 1]))
    end
  end
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = left, text or '', acquired, wait
end
