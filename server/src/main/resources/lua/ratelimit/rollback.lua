-- Rolls back the hits that check_all consumed for one check, because a check in another slot was denied. If their fixed
-- window has ended since, the hits ended with it, and those of the next window stay.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/refund_hits
-- @keys 2
-- @args 2
-- @returns 2
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, or the first key again if there is no request id
-- ARGV[a]    check
-- ARGV[a+1]  reset that check_all returned, in ms
-- returns    remaining, reset
local function run(k, a, reply, n)
  local check = checks[ARGV[a]]
  local is_next_window = check.letter == 'F' and call('PTTL', KEYS[k]) > tonumber(ARGV[a + 1])
  if not is_next_window then refund_hits(KEYS[k], check) end
  if KEYS[k + 1] ~= KEYS[k] then call('DEL', KEYS[k + 1]) end
  reply[n + 1], reply[n + 2] = peek(KEYS[k], check)
end
