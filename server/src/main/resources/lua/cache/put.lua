-- Stores an entry, and ends any lease given out for it. While Redis is nearly full it stores nothing: this is where that is
-- decided, however many puts are on their way when the servers learn that it is.
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- ARGV[a]    the text, '' for a negative entry
-- ARGV[a+1]  ms that it lives
-- ARGV[a+2]  the lease that it is filled with, or ''
-- ARGV[a+3]  percent of its memory up to which Redis takes entries
-- returns    1 if stored, 0 if the lease is not good (any more), -1 if Redis is nearly full
local function run(k, a, reply, n)
  local lease = ARGV[a + 2]
  if lease ~= '' and call('GET', KEYS[k + 1]) ~= lease then
    reply[n + 1] = 0
  elseif used() > tonumber(ARGV[a + 3]) then
    reply[n + 1] = -1
  else
    call('SET', KEYS[k], ARGV[a], 'PX', ARGV[a + 1])
    call('DEL', KEYS[k + 1])
    reply[n + 1] = 1
  end
end
