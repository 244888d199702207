-- Looks at a code, and uses it up if it is the right one.
--
-- A user without a code is answered like a wrong code, after as many commands. What is compared are MACs, which nobody
-- without the pepper can steer, so it does no harm that a comparison ends at the first difference.
--
-- KEYS[k]    otp:<user>, a HASH of mac, challenge, tries, request
-- KEYS[k+1]  {otp:<user>}:guard
-- KEYS[k+2]  {otp:<user>}:verdict:<request id>, a HASH of 'result left' by MAC of the submission, or the first key again
--            if the call has no request id
-- KEYS[k+3]  session:<user>:otp_valid, or the first key again if it is in another slot
-- ARGV[a]    terms
-- ARGV[a+1]  challenge id, or empty
-- ARGV[a+2]  value of the flag otp_valid
-- ARGV[a+3]  MAC of the code
-- ARGV[a+4]  the same under the pepper from before
-- ARGV[a+5]  MAC of the whole submission
-- ARGV[a+6]  the same under the pepper from before
-- returns    0 invalid, 1 valid, 2 valid as it was told before
--            attempts left
--            when the flag ends, or 0 if there is none, or if it is in another slot
local INVALID, VALID, VALID_BEFORE = 0, 1, 2
local VERDICT_TTL = 300000

-- How many wrong codes may follow, by the wrong codes there were: all that may be known of a user who may have no code.
local function reckoned(guard, terms)
  local round = guard.hour.count % terms.tries
  return (round == 0 and guard.hour.count > 0) and 0 or terms.tries - round
end

local function within_budget(left, guard, terms)
  return math.max(0, math.min(left, terms.hour - guard.hour.count, terms.day - guard.day.count))
end

-- The first write is to the guard, whether the code is right or wrong: a Redis that cannot write it (it is full, say)
-- refuses both, else wrong codes would be free as long as it is.
local function look(k, a)
  local otp, terms, guard = KEYS[k], parse(ARGV[a]), load(KEYS[k + 1])
  local stored = call('HMGET', otp, 'mac', 'challenge', 'tries')
  local mac, tries, challenge = stored[1], (tonumber(stored[3]) or 0), ARGV[a + 1]

  if locked(guard, terms) > 0 then
    call('DEL', otp)
    return INVALID, 0
  end
  if challenge ~= '' and challenge ~= stored[2] then
    return INVALID, within_budget(reckoned(guard, terms), guard, terms)
  end
  if mac and tries < terms.tries and (mac == ARGV[a + 3] or mac == ARGV[a + 4]) then
    guard.hour.count, guard.day.count = 0, 0
    store_failures(KEYS[k + 1], guard, terms)
    call('DEL', otp)
    return VALID, 0
  end

  tries = tries + 1
  guard.hour.count, guard.day.count = guard.hour.count + 1, guard.day.count + 1
  store_failures(KEYS[k + 1], guard, terms)
  if mac and tries < terms.tries and locked(guard, terms) == 0 then
    call('HSET', otp, 'tries', tries)
  else
    call('DEL', otp) -- it is dead, or there is none
  end
  return INVALID, within_budget(challenge ~= '' and terms.tries - tries or reckoned(guard, terms), guard, terms)
end

local function run(k, a, reply, n)
  local verdict, marker = KEYS[k + 2], KEYS[k + 3]
  local repeatable, marks = verdict ~= KEYS[k], marker ~= KEYS[k]

  if repeatable then
    local told = call('HMGET', verdict, ARGV[a + 5], ARGV[a + 6])
    local result, left = string.match(told[1] or told[2] or '', '^(%d) (%d+)$')
    if result then
      local valid = tonumber(result) == VALID
      reply[n + 1], reply[n + 2] = valid and VALID_BEFORE or INVALID, tonumber(left)
      reply[n + 3] = valid and marks and marker_end(marker, ARGV[a + 2]) or 0
      return
    end
  end

  local result, left = look(k, a)
  if repeatable then -- a field each: another code under the same request id takes no answer from its repetition
    call('HSET', verdict, ARGV[a + 5], string.format('%d %d', result, left))
    call('PEXPIRE', verdict, VERDICT_TTL)
  end
  reply[n + 1], reply[n + 2] = result, left
  reply[n + 3] = result == VALID and marks and set_marker(marker, ARGV[a + 2]) or 0
end
