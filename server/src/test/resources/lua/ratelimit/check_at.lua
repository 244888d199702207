-- Consumes, reads or refunds hits at a time that the test sets, to compare the algorithms with a model at exact times.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/virtual_clock
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/decide
-- @keys 1
-- @args 3
-- @returns 4
--
-- KEYS[k]    rate:<user>:<action>
-- ARGV[a]    check
-- ARGV[a+1]  decide or refund
-- ARGV[a+2]  time in ms
-- returns    remaining, reset, retry; TTL of the key, -2 if there is none
local function run(k, a, reply, n)
  checks[ARGV[a]] = nil -- a check keeps what it has derived from the time
  local key, check = KEYS[k], checks[ARGV[a]]
  set_clock(key, tonumber(ARGV[a + 2]))
  if ARGV[a + 1] == 'refund' then
    algorithms[check.letter].refund(key, check)
    reply[n + 1], reply[n + 2] = peek(key, check)
    reply[n + 3] = 0
  else
    reply[n + 1], reply[n + 2], reply[n + 3] = decide(key, check)
  end
  reply[n + 4] = call('PTTL', key)
end
