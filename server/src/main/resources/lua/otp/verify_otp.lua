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
-- @include otp/lib/record
-- @include otp/lib/write_otp_valid
-- @keys 5
-- @args 9
-- @returns 3
--
-- KEYS[k]    otp:<user>, a record of mac, challenge, request
-- KEYS[k+1]  {otp:<user>}:guard
-- KEYS[k+2]  {otp:<user>}:result:<request id>, a record of 'result:left' by MAC of the attempt, or the first key again
--            if the call has no request id
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

local function read_estimate_of(k, a)
  return read_estimate(KEYS[k + 4], tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8]))
end

-- The first write of a right and of a wrong code is one that a full Redis rejects. Otherwise wrong codes would not be
-- counted while it is full.
local function accept(k, guard, limits, estimate)
  for _, failures in ipairs({ guard.anonymous, guard.own }) do
    failures.hour.count, failures.day.count = 0, 0
  end
  write_guard(KEYS[k + 1], guard, limits)
  call('DEL', KEYS[k])
  reset_estimate(estimate)
end

-- An attempt with the challenge id of the code. Returns the result, the attempts left, and whether it was counted.
local function check_own(k, a, code, guard, limits)
  local own = guard.own
  local is_counted = locked_for(own, limits) == 0 and guard.attempts < limits.attempts
  if is_counted and code.matches then
    accept(k, guard, limits, read_estimate_of(k, a))
    return VALID, 0, true
  end
  if is_counted then
    guard.attempts = guard.attempts + 1
    add_failure(own)
  end
  if locked_for(own, limits) > 0 then guard.attempts = limits.attempts end -- so the code stays invalid after the lock
  write_guard(KEYS[k + 1], guard, limits)
  local left = math.min(limits.attempts - guard.attempts, limits.hour - own.hour.count, limits.day - own.day.count)
  return INVALID, math.max(0, left), is_counted
end

-- An attempt without a challenge id. It changes nothing for attempts with one. Returns the result, the attempts left,
-- and whether the result needs to be stored.
local function check_anonymous(k, a, code, guard, limits, hash, previous_hash)
  local estimate = read_estimate_of(k, a)
  local known_left = hash and (find_attempt(estimate, hash) or find_attempt(estimate, previous_hash))
  if known_left then return INVALID, known_left, false end

  local is_locked = locked_for(guard.anonymous, limits) > 0
  if not is_locked and code.matches and guard.attempts < limits.attempts and guard.guesses < limits.attempts
    and locked_for(guard.own, limits) == 0 then
    accept(k, guard, limits, estimate)
    return VALID, 0, true
  end
  if not code.exists and guard.last_issue == 0 then
    call('STRLEN', KEYS[k]) -- in place of the guard; Redis rejects it for a key of another type
    return INVALID, count_estimate(estimate, limits, hash), false
  end
  local left = count_estimate(estimate, limits, hash)
  if not is_locked then add_failure(guard.anonymous) end
  guard.guesses = guard.guesses + 1
  write_guard(KEYS[k + 1], guard, limits)
  return INVALID, left, false
end

-- `hash` and `previous_hash` identify the attempt with its request id, under either pepper; nil without a request id.
local function check_code(k, a, hash, previous_hash)
  local limits, challenge = parse_limits(ARGV[a]), ARGV[a + 1]
  local stored = call('MGET', KEYS[k], KEYS[k + 1])
  local code, guard = parse_record(stored[1]), read_guard(KEYS[k + 1], stored[2])
  code.exists = code.mac ~= nil
  code.matches = code.mac == ARGV[a + 3] or code.mac == ARGV[a + 4]
  if challenge == '' then return check_anonymous(k, a, code, guard, limits, hash, previous_hash) end
  if challenge == code.challenge then return check_own(k, a, code, guard, limits) end
  return INVALID, estimated_attempts_left(read_estimate_of(k, a), limits), false
end

local function store_result(key, results, attempt, result, left)
  local count = 0
  for _ in pairs(results) do
    count = count + 1
  end
  if count < MAX_RESULTS then
    results[attempt] = string.format('%d:%d', result, left)
    call('SET', key, format_record(results), 'PX', RESULT_TTL)
  end
end

local function run(k, a, reply, n)
  local has_request, has_flag = KEYS[k + 2] ~= KEYS[k], KEYS[k + 3] ~= KEYS[k]
  local results, otp_valid = nil, KEYS[k + 3]
  local hash, previous_hash

  if has_request then
    results = parse_record(call('GET', KEYS[k + 2]))
    local cached = results[ARGV[a + 5]] or results[ARGV[a + 6]] or ''
    local cached_result, cached_left = string.match(cached, '^(%d):(%d+)$')
    if cached_result then
      local valid = tonumber(cached_result) == VALID
      reply[n + 1], reply[n + 2] = valid and VALID_BEFORE or INVALID, tonumber(cached_left)
      reply[n + 3] = valid and has_flag and read_otp_valid(otp_valid, ARGV[a + 2]) or 0
      return
    end
    hash, previous_hash = attempt_hash(KEYS[k + 2] .. ARGV[a + 5]), attempt_hash(KEYS[k + 2] .. ARGV[a + 6])
  end

  local result, left, stores_result = check_code(k, a, hash, previous_hash)
  -- By attempt, so that another code under the same request id gets its own result. An attempt that was not counted is
  -- decided again by a repetition, so it needs no memory.
  if has_request and stores_result then store_result(KEYS[k + 2], results, ARGV[a + 5], result, left) end
  reply[n + 1], reply[n + 2] = result, left
  reply[n + 3] = result == VALID and has_flag and write_otp_valid(otp_valid, ARGV[a + 2]) or 0
end
