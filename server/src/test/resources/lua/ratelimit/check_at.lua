-- check.lua with a clock that the test sets, to compare the algorithms with a model at exact times.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include ratelimit/lib/parse_check
-- @include ratelimit/lib/refund_hits
-- @keys 1
-- @args 3
-- @returns 3
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    check
-- ARGV[a+1]  decide or refund
-- ARGV[a+2]  time in ms
-- returns    remaining, reset, retry
local function run(k, a, reply, n)
  local check = parse_check(ARGV[a])
  clock = tonumber(ARGV[a + 2])
  if ARGV[a + 1] == 'refund' then
    refund_hits(KEYS[k], check)
    reply[n + 1], reply[n + 2] = check.algorithm.peek(KEYS[k], check)
    reply[n + 3] = 0
  else
    reply[n + 1], reply[n + 2], reply[n + 3] = check.decide(KEYS[k], check)
  end
  call('PERSIST', KEYS[k]) -- the clock of the test is faster than that of Redis
end
