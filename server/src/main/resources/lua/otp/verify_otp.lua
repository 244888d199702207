-- Checks a code, and removes it if it is the right one.
--
-- A user without a code gets the same reply as for a wrong code, after the same number of commands. MACs are compared:
-- a caller without the pepper cannot choose them, so a comparison that ends at the first difference reveals nothing.
--
-- @batched
-- @include redis/lib/call
-- @include otp/lib/guard
-- @include otp/lib/limits
-- @include otp/lib/read_otp_valid
-- @include otp/lib/write_otp_valid
-- @keys 4
-- @args 7
-- @returns 3
--
-- KEYS[k]    otp:<user>, a HASH of mac, challenge, attempts, request
-- KEYS[k+1]  {otp:<user>}:guard
-- KEYS[k+2]  {otp:<user>}:result:<request id>, a HASH of 'result left' by MAC of the attempt, or the first key again if
--            the call has no request id
-- KEYS[k+3]  session:<user>:otp_valid, or the first key again if it is in another slot
-- ARGV[a]    limits, as in otp/lib/limits
-- ARGV[a+1]  challenge id, or empty
-- ARGV[a+2]  value of the otp_valid flag
-- ARGV[a+3]  MAC of the code
-- ARGV[a+4]  MAC of the code under the previous pepper
-- ARGV[a+5]  MAC of the whole attempt
-- ARGV[a+6]  MAC of the whole attempt under the previous pepper
-- returns    0 invalid, 1 valid, 2 valid as returned before
--            attempts left
--            when the otp_valid flag expires, in ms since 1970; 0 if there is none or if it is in another slot
local INVALID, VALID, VALID_BEFORE = 0, 1, 2
local RESULT_TTL = 300000
local MAX_RESULTS = 8 -- per request id: a client repeats one attempt, a request id with many codes is a flood

-- The attempts left by the failed attempts of the last hour alone: the reply must not depend on whether there is a
-- code.
local function estimated_attempts_left(guard, limits)
  local used = guard.hour.count % limits.attempts
  return (used == 0 and guard.hour.count > 0) and 0 or limits.attempts - used
end

local function within_limits(left, guard, limits)
  return math.max(0, math.min(left, limits.hour - guard.hour.count, limits.day - guard.day.count))
end

local function write_failures(key, guard, limits)
  local hour, day = guard.hour, guard.day
  write_guard(key, guard, limits, 'hour', hour.count, 'hour_at', hour.since, 'day', day.count, 'day_at', day.since)
end

-- The first write is to the guard, for a right and for a wrong code: a Redis that cannot write it (because it is full,
-- for example) rejects both. Otherwise wrong codes would not be counted for that time.
--
-- Returns the result, the attempts left, and whether anything was counted.
local function check_code(k, a)
  local otp, limits, guard = KEYS[k], parse_limits(ARGV[a]), read_guard(KEYS[k + 1])
  local stored = call('HMGET', otp, 'mac', 'challenge', 'attempts')
  local mac, attempts, challenge = stored[1], (tonumber(stored[3]) or 0), ARGV[a + 1]

  if locked_for(guard, limits) > 0 then
    call('DEL', otp)
    return INVALID, 0, false
  end
  if challenge ~= '' and challenge ~= stored[2] then
    return INVALID, within_limits(estimated_attempts_left(guard, limits), guard, limits), false
  end
  if mac and attempts < limits.attempts and (mac == ARGV[a + 3] or mac == ARGV[a + 4]) then
    guard.hour.count, guard.day.count = 0, 0
    write_failures(KEYS[k + 1], guard, limits)
    call('DEL', otp)
    return VALID, 0, true
  end

  attempts = attempts + 1
  guard.hour.count, guard.day.count = guard.hour.count + 1, guard.day.count + 1
  write_failures(KEYS[k + 1], guard, limits)
  if mac and attempts < limits.attempts and locked_for(guard, limits) == 0 then
    call('HSET', otp, 'attempts', attempts)
  else
    call('DEL', otp) -- no attempt is left, or there is no code
  end
  local left = challenge ~= '' and limits.attempts - attempts or estimated_attempts_left(guard, limits)
  return INVALID, within_limits(left, guard, limits), true
end

local function run(k, a, reply, n)
  local results, otp_valid = KEYS[k + 2], KEYS[k + 3]
  local has_request, has_flag = results ~= KEYS[k], otp_valid ~= KEYS[k]

  if has_request then
    local cached = call('HMGET', results, ARGV[a + 5], ARGV[a + 6])
    local cached_result, cached_left = string.match(cached[1] or cached[2] or '', '^(%d) (%d+)$')
    if cached_result then
      local valid = tonumber(cached_result) == VALID
      reply[n + 1], reply[n + 2] = valid and VALID_BEFORE or INVALID, tonumber(cached_left)
      reply[n + 3] = valid and has_flag and read_otp_valid(otp_valid, ARGV[a + 2]) or 0
      return
    end
  end

  local result, left, counted = check_code(k, a)
  -- One field per attempt, so that another code under the same request id gets its own result. An attempt that was not
  -- counted is decided again by a repetition, so it needs no memory.
  if has_request and counted and call('HLEN', results) < MAX_RESULTS then
    call('HSET', results, ARGV[a + 5], string.format('%d %d', result, left))
    call('PEXPIRE', results, RESULT_TTL)
  end
  reply[n + 1], reply[n + 2] = result, left
  reply[n + 3] = result == VALID and has_flag and write_otp_valid(otp_valid, ARGV[a + 2]) or 0
end
