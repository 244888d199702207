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
-- @include otp/lib/code
-- @include otp/lib/estimate
-- @include otp/lib/failures
-- @include otp/lib/guard
-- @include otp/lib/limits
-- @include otp/lib/read_otp_valid
-- @include otp/lib/windows
-- @include otp/lib/write_otp_valid
-- @include otp/lib/wrong_type
-- @keys 5
-- @args 10
-- @returns 3
--
-- KEYS[k]    otp:<user>, as in otp/lib/code
-- KEYS[k+1]  {otp:<user>}:guard, as in otp/lib/guard
-- KEYS[k+2]  {otp:<user>}:result:<request id>, one string of results, each the MAC of the attempt, the result, and the
--            attempts left; or the first key again if the call has no request id
-- KEYS[k+3]  session:<user>:otp_valid, or the first key again if it is in another slot
-- KEYS[k+4]  otp:failures:{<tag>}, as in otp/lib/estimate
-- ARGV[a]    limits, as in otp/lib/limits
-- ARGV[a+1]  challenge id, or empty
-- ARGV[a+2]  value of the otp_valid flag
-- ARGV[a+3]  MAC of the code
-- ARGV[a+4]  MAC of the code under the previous pepper, empty without one
-- ARGV[a+5]  MAC of the whole attempt
-- ARGV[a+6]  MAC of the whole attempt under the previous pepper, empty without one
-- ARGV[a+7]  first byte of the user's entry in the table of estimates
-- ARGV[a+8]  last byte of the entry
-- ARGV[a+9]  bytes of the table
-- returns    0 invalid, 1 valid, 2 valid as returned before
--            attempts left
--            when the otp_valid flag expires, in ms since 1970; 0 if there is none or if it is in another slot
local INVALID, VALID, VALID_BEFORE = 0, 1, 2
local MAX_COUNT = 255 -- a count of a guard has one byte
local RESULT_TTL = 300000
local RESULT_SIZE = MAC_SIZE + 2
local MAX_RESULTS = 8 -- per request id: a client repeats one attempt, a request id with many codes is a flood

local function read_estimate_of(k, a)
  return read_estimate(KEYS[k + 4], ARGV[a + 7], ARGV[a + 8], ARGV[a + 9])
end

-- The first write of a right and of a wrong code is one that a full Redis rejects. Otherwise wrong codes would not be
-- counted while it is full.
local function accept(k, guard, limits, estimate)
  reset_failures(guard, ANONYMOUS)
  reset_failures(guard, OWN)
  write_guard(KEYS[k + 1], guard, limits)
  call('DEL', KEYS[k])
  reset_estimate(estimate)
end

-- An attempt with the challenge id of the code. Returns the result, the attempts left, and whether it was counted.
local function check_own(k, a, code, guard, limits)
  local is_counted = locked_for(guard, OWN, limits) == 0 and guard[ATTEMPTS] < limits.attempts
  if is_counted and code.matches then
    accept(k, guard, limits, read_estimate_of(k, a))
    return VALID, 0, true
  end
  if is_counted then
    guard[ATTEMPTS] = guard[ATTEMPTS] + 1
    add_failure(guard, OWN)
  end
  if locked_for(guard, OWN, limits) > 0 then
    guard[ATTEMPTS] = limits.attempts -- so the code stays invalid after the lock
  end
  write_guard(KEYS[k + 1], guard, limits)
  local left = math.min(limits.attempts - guard[ATTEMPTS], failures_allowed(guard, OWN, limits))
  return INVALID, math.max(0, left), is_counted
end

-- An attempt without a challenge id. It changes nothing for attempts with one. Returns the result, the attempts left,
-- and whether the result needs to be stored.
local function check_anonymous(k, a, code, guard, limits, hash, previous_hash)
  local estimate = read_estimate_of(k, a)
  local known_left = hash and (find_attempt(estimate, hash) or find_attempt(estimate, previous_hash))
  if known_left then return INVALID, known_left, false end

  local is_locked = locked_for(guard, ANONYMOUS, limits) > 0
  if not is_locked and code.matches and guard[ATTEMPTS] < limits.attempts and guard[GUESSES] < limits.attempts
    and locked_for(guard, OWN, limits) == 0 then
    accept(k, guard, limits, estimate)
    return VALID, 0, true
  end
  if not code.exists and guard[LAST_ISSUE] == 0 then
    call('STRLEN', KEYS[k]) -- in place of the guard; Redis rejects it for a key of another type
    return INVALID, count_estimate(estimate, limits, hash), false
  end
  local left = count_estimate(estimate, limits, hash)
  if not is_locked then add_failure(guard, ANONYMOUS) end
  guard[GUESSES] = math.min(MAX_COUNT, guard[GUESSES] + 1)
  write_guard(KEYS[k + 1], guard, limits)
  return INVALID, left, false
end

-- `hash` and `previous_hash` identify the attempt with its request id, under either pepper; nil without a request id.
local function check_code(k, a, hash, previous_hash)
  local limits, challenge = parse_limits(ARGV[a]), ARGV[a + 1]
  local stored = call('MGET', KEYS[k], KEYS[k + 1])
  local mac, challenge_of_code = parse_code(stored[1])
  local guard = read_guard(KEYS[k + 1], stored[2])
  local code = { exists = mac ~= nil, matches = mac == ARGV[a + 3] or mac == ARGV[a + 4] }
  if challenge == '' then return check_anonymous(k, a, code, guard, limits, hash, previous_hash) end
  if challenge == challenge_of_code then return check_own(k, a, code, guard, limits) end
  return INVALID, estimated_attempts_left(read_estimate_of(k, a), limits), false
end

local function read_results(key)
  local results = call('GET', key) or ''
  if #results % RESULT_SIZE ~= 0 then raise_wrong_type() end
  return results
end

-- Returns the stored result of an attempt, and the attempts left; nothing if there is none.
local function find_result(results, attempt, previous_attempt)
  for i = 1, #results, RESULT_SIZE do
    local mac = string.sub(results, i, i + MAC_SIZE - 1)
    if mac == attempt or mac == previous_attempt then return string.byte(results, i + MAC_SIZE, i + MAC_SIZE + 1) end
  end
end

local function store_result(key, results, attempt, result, left)
  if #results < MAX_RESULTS * RESULT_SIZE then
    call('SET', key, results .. attempt .. string.char(result, left), 'PX', RESULT_TTL)
  end
end

local function run(k, a, reply, n)
  local has_request, has_flag = KEYS[k + 2] ~= KEYS[k], KEYS[k + 3] ~= KEYS[k]
  local results, otp_valid = nil, KEYS[k + 3]
  local hash, previous_hash

  if has_request then
    results = read_results(KEYS[k + 2])
    local stored, stored_left = find_result(results, ARGV[a + 5], ARGV[a + 6])
    if stored then
      local valid = stored == VALID
      reply[n + 1], reply[n + 2] = valid and VALID_BEFORE or INVALID, stored_left
      reply[n + 3] = valid and has_flag and read_otp_valid(otp_valid, ARGV[a + 2]) or 0
      return
    end
    hash = attempt_hash(KEYS[k + 2] .. ARGV[a + 5])
    previous_hash = ARGV[a + 6] == '' and hash or attempt_hash(KEYS[k + 2] .. ARGV[a + 6])
  end

  local result, left, stores_result = check_code(k, a, hash, previous_hash)
  -- By attempt, so that another code under the same request id gets its own result. An attempt that was not counted is
  -- decided again by a repetition, so it needs no memory.
  if has_request and stores_result then store_result(KEYS[k + 2], results, ARGV[a + 5], result, left) end
  reply[n + 1], reply[n + 2] = result, left
  reply[n + 3] = result == VALID and has_flag and write_otp_valid(otp_valid, ARGV[a + 2]) or 0
end
