-- @include redis/lib/call
-- @include otp/lib/guard

-- The failed attempts without a challenge id as their caller sees them, for users with and without a code. They are in
-- a table of fixed size, so that guesses on any number of users take no more memory, and so that a response does not
-- depend on whether there is a code. Users whose ids share an entry share its counts: it is an estimate, and decides
-- nothing for a user with a code.
--
-- The table is one string of entries, each of
--   hour, hour_at, day, day_at  the counts, and when they began, in seconds since 1970
--   the last attempts with a request id: the start of a hash, and the attempts left that were returned
local COUNTS, COUNTS_SIZE = '>BI4BI4', 10
local HASH_SIZE, REMEMBERED = 8, 4
local ATTEMPT_SIZE = HASH_SIZE + 1
local ENTRY_SIZE = COUNTS_SIZE + REMEMBERED * ATTEMPT_SIZE

-- Reads entry `index`, counted from 0, of a table with `size` entries.
local function read_estimate(key, index, size)
  local offset = index * ENTRY_SIZE
  local entry = call('GETRANGE', key, offset, offset + ENTRY_SIZE - 1)
  local is_new = #entry < ENTRY_SIZE
  if is_new then entry = string.rep('\0', ENTRY_SIZE) end
  local hour, hour_at, day, day_at = struct.unpack(COUNTS, entry)
  return {
    key = key, offset = offset, bytes = size * ENTRY_SIZE, is_new = is_new,
    failures = read_failures(hour, hour_at * 1000, day, day_at * 1000),
    attempts = string.sub(entry, COUNTS_SIZE + 1),
  }
end

local function write_estimate(estimate)
  local hour, day = estimate.failures.hour, estimate.failures.day
  local counts = struct.pack(COUNTS, hour.count, math.floor(hour.since / 1000), day.count, math.floor(day.since / 1000))
  if estimate.is_new and estimate.bytes > ENTRY_SIZE then
    call('SETRANGE', estimate.key, estimate.bytes - 1, '\0') -- at once: a string that grows doubles its memory
  end
  call('SETRANGE', estimate.key, estimate.offset, counts .. estimate.attempts)
end

-- The attempts left until a code is invalid, by the failed attempts alone.
local function estimated_attempts_left(estimate, limits)
  local hour, day = estimate.failures.hour.count, estimate.failures.day.count
  local used = hour % limits.attempts
  local left = (used == 0 and hour > 0) and 0 or limits.attempts - used
  return math.max(0, math.min(left, limits.hour - hour, limits.day - day))
end

local function attempt_hash(text)
  return string.sub(redis.sha1hex(text), 1, HASH_SIZE)
end

-- The attempts left that were returned for this attempt, or nil if it is not one of the last.
local function find_attempt(estimate, hash)
  for i = 1, REMEMBERED * ATTEMPT_SIZE, ATTEMPT_SIZE do
    if string.sub(estimate.attempts, i, i + HASH_SIZE - 1) == hash then
      return string.byte(estimate.attempts, i + HASH_SIZE)
    end
  end
  return nil
end

local function add_failure(failures)
  failures.hour.count, failures.day.count = failures.hour.count + 1, failures.day.count + 1
end

-- Counts a failed attempt, unless the limits are reached. `hash` is nil without a request id. Returns the attempts
-- left. It writes in both cases, so that a full Redis rejects the attempt in both.
local function count_estimate(estimate, limits, hash)
  local left = 0
  if locked_for(estimate.failures, limits) == 0 then
    add_failure(estimate.failures)
    left = estimated_attempts_left(estimate, limits)
    if hash then
      local older = string.sub(estimate.attempts, 1, (REMEMBERED - 1) * ATTEMPT_SIZE)
      estimate.attempts = hash .. string.char(left) .. older
    end
  end
  write_estimate(estimate)
  call('PEXPIRE', estimate.key, DAY)
  return left
end

local function reset_estimate(estimate)
  local hour, day = estimate.failures.hour, estimate.failures.day
  if hour.count + day.count > 0 then
    hour.count, day.count = 0, 0
    write_estimate(estimate)
  end
end
