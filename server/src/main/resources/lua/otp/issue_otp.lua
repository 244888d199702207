-- Stores a new code in place of the old one, unless the user is locked, the last code is too recent, or too many were
-- issued.
--
-- A call with the request of the active code is a repetition: it replaces the code and nothing else. It counts against
-- no limit, and the attempts stay.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include otp/lib/code
-- @include otp/lib/guard
-- @include otp/lib/limits
-- @include otp/lib/windows
-- @keys 2
-- @args 5
-- @returns 4
--
-- KEYS[k]    otp:<user>, as in otp/lib/code
-- KEYS[k+1]  {otp:<user>}:guard, as in otp/lib/guard
-- ARGV[a]    limits, as in otp/lib/limits
-- ARGV[a+1]  MAC of the code
-- ARGV[a+2]  challenge id
-- ARGV[a+3]  MAC of the request, or empty
-- ARGV[a+4]  MAC of the request under the previous pepper, empty without one
-- returns    0 issued, 1 cooldown, 2 too many issued, 3 locked (as RefusedOtp.Reason)
--            if issued, when the code expires, in ms since 1970; else the ms until a code can be issued
--            the ms until the next code can be issued
--            challenge id, or empty if not issued
local function format_code(mac, challenge, request)
  return mac .. challenge .. request
end

local function run(k, a, reply, n)
  -- Both reads first: a key may hold another type.
  local limits = parse_limits(ARGV[a])
  local _, challenge, request = parse_code(call('GET', KEYS[k]))
  local guard = read_guard(KEYS[k + 1], call('GET', KEYS[k + 1]))
  local locked, cooldown = locked_for(guard, OWN, limits), cooldown_left(guard, limits)
  local exhausted = exhausted_for(guard, ISSUES, HOUR, limits.issues)
  local is_active = challenge and guard[ATTEMPTS] < limits.attempts
  reply[n + 3], reply[n + 4] = cooldown, ''

  if locked > 0 then
    call('DEL', KEYS[k])
    reply[n + 1], reply[n + 2] = 3, math.max(locked, cooldown, exhausted)
  elseif is_active and request ~= '' and (request == ARGV[a + 3] or request == ARGV[a + 4]) then
    call('SET', KEYS[k], format_code(ARGV[a + 1], challenge, request), 'KEEPTTL')
    reply[n + 1], reply[n + 2], reply[n + 4] = 0, now() + call('PTTL', KEYS[k]), challenge
  elseif exhausted > 0 then
    reply[n + 1], reply[n + 2] = 2, math.max(exhausted, cooldown)
  elseif cooldown > 0 then
    reply[n + 1], reply[n + 2] = 1, cooldown
  else
    guard[ATTEMPTS], guard[GUESSES], guard[LAST_ISSUE], guard[ISSUES] = 0, 0, now(), guard[ISSUES] + 1
    write_guard(KEYS[k + 1], guard, limits) -- first, so that a full Redis issues no code that it did not count
    call('SET', KEYS[k], format_code(ARGV[a + 1], ARGV[a + 2], ARGV[a + 3]), 'PX', limits.ttl)
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = 0, now() + limits.ttl, limits.cooldown, ARGV[a + 2]
  end
end
