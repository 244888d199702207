-- Stores a new code in place of the old one, unless the user is locked, the last code is too recent, or too many were
-- issued.
--
-- A call with the request of the active code is a repetition: it replaces the code and nothing else. It counts against
-- no limit, and the attempts stay.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include otp/lib/guard
-- @include otp/lib/limits
-- @keys 2
-- @args 5
-- @returns 4
--
-- KEYS[k]    otp:<user>, a HASH of mac, challenge, attempts, guesses, request
-- KEYS[k+1]  {otp:<user>}:guard
-- ARGV[a]    limits, as in otp/lib/limits
-- ARGV[a+1]  MAC of the code
-- ARGV[a+2]  challenge id
-- ARGV[a+3]  MAC of the request, or empty
-- ARGV[a+4]  MAC of the request under the previous pepper, or empty
-- returns    0 issued, 1 cooldown, 2 too many issued, 3 locked (as RefusedOtp.Reason)
--            if issued, when the code expires, in ms since 1970; else the ms until a code can be issued
--            the ms until the next code can be issued
--            challenge id, or empty if not issued
local function run(k, a, reply, n)
  local limits, guard = parse_limits(ARGV[a]), read_guard(KEYS[k + 1])
  local stored = call('HMGET', KEYS[k], 'challenge', 'request', 'attempts') -- first: the key may hold another type
  local locked, cooldown = locked_for(guard.own, limits), cooldown_left(guard, limits)
  local exhausted = exhausted_for(guard.issues, limits.issues)
  local is_active = stored[1] and (tonumber(stored[3]) or 0) < limits.attempts
  reply[n + 3], reply[n + 4] = cooldown, ''

  if locked > 0 then
    call('DEL', KEYS[k])
    reply[n + 1], reply[n + 2] = 3, math.max(locked, cooldown, exhausted)
  elseif is_active and ARGV[a + 3] ~= '' and (stored[2] == ARGV[a + 3] or stored[2] == ARGV[a + 4]) then
    call('HSET', KEYS[k], 'mac', ARGV[a + 1])
    reply[n + 1], reply[n + 2], reply[n + 4] = 0, now() + call('PTTL', KEYS[k]), stored[1]
  elseif exhausted > 0 then
    reply[n + 1], reply[n + 2] = 2, math.max(exhausted, cooldown)
  elseif cooldown > 0 then
    reply[n + 1], reply[n + 2] = 1, cooldown
  else
    local issues = guard.issues
    issues.count, guard.last_issue = issues.count + 1, now()
    -- The guard first, so that a full Redis issues no code that it did not count.
    write_guard(KEYS[k + 1], guard, limits, true,
      'issues', issues.count, 'issues_at', issues.since, 'last_issue', guard.last_issue)
    call('HSET', KEYS[k], 'mac', ARGV[a + 1], 'challenge', ARGV[a + 2], 'attempts', '0', 'guesses', '0',
      'request', ARGV[a + 3])
    call('PEXPIRE', KEYS[k], limits.ttl)
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = 0, now() + limits.ttl, limits.cooldown, ARGV[a + 2]
  end
end
