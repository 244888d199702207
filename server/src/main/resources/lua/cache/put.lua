-- Stores an entry and removes its lease. While Redis is nearly full it stores nothing. This is decided here because
-- many puts may be in flight when the servers read that Redis is nearly full.
--
-- @batched
-- @include redis/lib/call
-- @include cache/lib/used_memory_percent
-- @keys 2
-- @args 4
-- @returns 1
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- ARGV[a]    text, '' for a negative entry
-- ARGV[a+1]  TTL in ms
-- ARGV[a+2]  lease under which the entry was loaded, or ''
-- ARGV[a+3]  percent of memory up to which entries are stored
-- returns    1 if stored, 0 if the lease is not the current one, -1 if Redis is nearly full
local function run(k, a, reply, n)
  local lease = ARGV[a + 2]
  if lease ~= '' and call('GET', KEYS[k + 1]) ~= lease then
    reply[n + 1] = 0
  elseif used_memory_percent() > tonumber(ARGV[a + 3]) then
    reply[n + 1] = -1
  else
    call('SET', KEYS[k], ARGV[a], 'PX', ARGV[a + 1])
    call('DEL', KEYS[k + 1])
    reply[n + 1] = 1
  end
end
