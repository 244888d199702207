-- Extends the presence of as many users as there are keys. PEXPIREAT is cheaper than PEXPIRE, which Redis rewrites into
-- it each time.
--
-- @unbatched
-- @lean
-- @include redis/lib/call
-- @include redis/lib/now
-- @keys 1..n
-- @args 1
-- @returns 1..n
--
-- KEYS     presence:<user> of each
-- ARGV[a]  TTL in ms
-- returns  number of users that are not online and were not changed; the index of each in KEYS, counted from 0
local function run(_, a, reply, n)
  local keys, local_call = KEYS, call
  local expiry = string.format('%.0f', now() + ARGV[a])
  local missing = 0
  for i = 1, #keys do
    if local_call('PEXPIREAT', keys[i], expiry) == 0 then
      missing = missing + 1
      reply[n + 1 + missing] = i - 1
    end
  end
  reply[n + 1] = missing
end
