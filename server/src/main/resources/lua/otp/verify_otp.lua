-- Checks a code, and removes it if it is the right one.
--
-- Attempts with the challenge id of the code and attempts without any are counted apart: a caller that knows only the
-- user cannot use up the attempts of the caller that requested the code.
--
-- A user without a code gets the same reply as for a wrong code, after the same number of commands. MACs are compared:
-- a caller without the pepper cannot choose them, so a comparison that ends at the first difference reveals nothing.
--
-- @batched
-- @include redis/lib/call
-- @include otp/lib/estimate
-- @include otp/lib/guard
-- @include otp/lib/limits
-- @include otp/lib/read_otp_valid
-- @include otp/lib/write_otp_valid
-- @keys 5
-- @args 9
-- @returns 3
--
-- KEYS[k]    otp:<user>, a HASH of mac, challenge, attempts (failed, with the challenge id), guesses (failed, without
--            one), request
-- KEYS[k+1]  {otp:<user>}:guard
-- KEYS[k+2]  {otp:<user>}:result:<request id>, a HASH of 'result left' by MAC of the attempt, or the first key again if
--            the call has no request id
-- KEYS[k+3]  session:<user>:otp_valid, or the first key again if it is in another slot
-- KEYS[k+4]  otp:failures:{<tag>}, as in otp/lib/estimate
-- ARGV[a]    limits, as in otp/lib/limits
-- ARGV[a+1]  challenge id, or empty
-- ARGV[a+2]  value of the otp_valid flag
-- ARGV[a+3]  MAC of the code
-- ARGV[a+4]  MAC of the code under the previous pepper
-- ARGV[a+5]  MAC of the whole attempt
-- ARGV[a+6]  MAC of the whole attempt under the previous pepper
-- ARGV[a+7]  index of the user in the table of estimates
-- ARGV[a+8]  number of entries of that table
-- returns    0 invalid, 1 valid, 2 valid as returned before
--            attempts left
--            when the otp_valid flag expires, in ms since 1970; 0 if there is none or if it is in another slot
local INVALID, VALID, VALID_BEFORE = 0, 1, 2
local RESULT_TTL = 300000
local MAX_RESULTS = 8 -- per request id: a client repeats one attempt, a request id with many codes is a flood

-- The first write is to the guard, for a right and for a wrong code: a Redis that cannot write it (because it is full,
-- for example) rejects both. Otherwise wrong codes would not be counted for that time.
local function write_failures(key, guard, limits, keep)
  local anonymous, own = guard.anonymous, guard.own
  write_guard(key, guard, limits, keep,
    'hour', anonymous.hour.count, 'hour_at', anonymous.hour.since,
    'day', anonymous.day.count, 'day_at', anonymous.day.since,
    'own_hour', own.hour.count, 'own_hour_at', own.hour.since,
    'own_day', own.day.count, 'own_day_at', own.day.since)
end

local function accept(k, guard, limits, estimate)
  for _, failures in ipairs({ guard.anonymous, guard.own }) do
    failures.hour.count, failures.day.count = 0, 0
  end
  write_failures(KEYS[k + 1], guard, limits, true)
  call('DEL', KEYS[k])
  reset_estimate(estimate)
end

-- Makes the code invalid. It stays, so that its challenge id is still recognized.
local function use_up(k, limits)
  call('HSET', KEYS[k], 'attempts', limits.attempts)
end

-- An attempt with the challenge id of the code. Returns the result, the attempts left, and whether it was counted.
local function check_own(k, code, guard, limits, estimate)
  if locked_for(guard.own, limits) > 0 or code.attempts >= limits.attempts then
    use_up(k, limits)
    return INVALID, 0, false
  end
  if code.matches then
    accept(k, guard, limits, estimate)
    return VALID, 0, true
  end
  local attempts, own = code.attempts + 1, guard.own
  add_failure(own)
  write_failures(KEYS[k + 1], guard, limits, true)
  if locked_for(own, limits) == 0 then
    call('HSET', KEYS[k], 'attempts', attempts)
  else
    use_up(k, limits)
  end
  return INVALID,
    math.max(0, math.min(limits.attempts - attempts, limits.hour - own.hour.count, limits.day - own.day.count)), true
end

-- An attempt without a challenge id. It changes nothing for attempts with one. Returns the result, the attempts left,
-- and whether the result needs to be stored.
local function check_anonymous(k, code, guard, limits, estimate, hash, previous_hash)
  local known_left = hash and (find_attempt(estimate, hash) or find_attempt(estimate, previous_hash))
  if known_left then return INVALID, known_left, false end

  local is_locked = locked_for(guard.anonymous, limits) > 0
  if not is_locked and code.matches and code.attempts < limits.attempts and code.guesses < limits.attempts
    and locked_for(guard.own, limits) == 0 then
    accept(k, guard, limits, estimate)
    return VALID, 0, true
  end
  if not is_locked then add_failure(guard.anonymous) end
  -- A lock writes what is there: the work must not depend on it, since a user without a code has no lock.
  write_failures(KEYS[k + 1], guard, limits, code.exists or guard.last_issue > 0)
  if code.exists then
    call('HSET', KEYS[k], 'guesses', code.guesses + 1)
  else
    call('DEL', KEYS[k])
  end
  return INVALID, count_estimate(estimate, limits, hash), false
end

-- `hash` and `previous_hash` identify the attempt with its request id, under either pepper; nil without a request id.
local function check_code(k, a, hash, previous_hash)
  local limits, guard = parse_limits(ARGV[a]), read_guard(KEYS[k + 1])
  local stored = call('HMGET', KEYS[k], 'mac', 'challenge', 'attempts', 'guesses')
  local estimate = read_estimate(KEYS[k + 4], tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8]))
  local mac, challenge = stored[1], ARGV[a + 1]
  local code = {
    exists = mac ~= false,
    matches = mac == ARGV[a + 3] or mac == ARGV[a + 4],
    attempts = tonumber(stored[3]) or 0,
    guesses = tonumber(stored[4]) or 0,
  }
  if challenge == '' then return check_anonymous(k, code, guard, limits, estimate, hash, previous_hash) end
  if challenge == stored[2] then return check_own(k, code, guard, limits, estimate) end
  return INVALID, estimated_attempts_left(estimate, limits), false
end

local function run(k, a, reply, n)
  local results, otp_valid = KEYS[k + 2], KEYS[k + 3]
  local has_request, has_flag = results ~= KEYS[k], otp_valid ~= KEYS[k]
  local hash, previous_hash

  if has_request then
    local cached = call('HMGET', results, ARGV[a + 5], ARGV[a + 6])
    local cached_result, cached_left = string.match(cached[1] or cached[2] or '', '^(%d) (%d+)$')
    if cached_result then
      local valid = tonumber(cached_result) == VALID
      reply[n + 1], reply[n + 2] = valid and VALID_BEFORE or INVALID, tonumber(cached_left)
      reply[n + 3] = valid and has_flag and read_otp_valid(otp_valid, ARGV[a + 2]) or 0
      return
    end
    hash, previous_hash = attempt_hash(results .. ARGV[a + 5]), attempt_hash(results .. ARGV[a + 6])
  end

  local result, left, stores_result = check_code(k, a, hash, previous_hash)
  -- One field per attempt, so that another code under the same request id gets its own result. An attempt that was not
  -- counted is decided again by a repetition, so it needs no memory.
  if has_request and stores_result and call('HLEN', results) < MAX_RESULTS then
    call('HSET', results, ARGV[a + 5], string.format('%d %d', result, left))
    call('PEXPIRE', results, RESULT_TTL)
  end
  reply[n + 1], reply[n + 2] = result, left
  reply[n + 3] = result == VALID and has_flag and write_otp_valid(otp_valid, ARGV[a + 2]) or 0
end
