-- @include redis/lib/call
-- @include otp/lib/failures
-- @include otp/lib/windows

-- The failed attempts without a challenge id as their caller sees them, for users with and without a code. They are in
-- a table of fixed size, so that guesses on any number of users take no more memory, and so that a response does not
-- depend on whether there is a code. Users whose ids share an entry share its counts: it is an estimate, and decides
-- nothing for a user with a code.
--
-- The table is one string of entries, each of
--   two windows as in otp/lib/windows, the counts of one byte, the times of 4 bytes, in seconds
--   the last attempts with a request id: the start of a hash, and the attempts left that were returned
local COUNTS, COUNTS_SIZE = '>BI4BI4', 10
local HASH_SIZE, REMEMBERED = 8, 4
local ATTEMPT_SIZE = HASH_SIZE + 1
local ENTRY_SIZE = COUNTS_SIZE + REMEMBERED * ATTEMPT_SIZE
local NO_ENTRY = string.rep('\0', ENTRY_SIZE)

-- Reads the entry from byte `first` to byte `last`, of a table of `size` bytes. Its windows begin at 1. The numbers are
-- text, which costs less to pass on than numbers.
local function read_estimate(key, first, last, size)
  local entry = call('GETRANGE', key, first, last)
  local is_new = #entry < ENTRY_SIZE
  if is_new then entry = NO_ENTRY end
  local hour, hour_at, day, day_at = struct.unpack(COUNTS, entry)
  local estimate = {
    hour, hour_at * 1000, day, day_at * 1000,
    key = key, first = first, entry = entry, is_new = is_new, size = tonumber(size),
  }
  begin_failures(estimate, 1)
  return estimate
end

-- Writes the counts, and these last attempts.
local function write_estimate(estimate, attempts)
  local counts = struct.pack(
    COUNTS, estimate[1], math.floor(estimate[2] / 1000), estimate[3], math.floor(estimate[4] / 1000))
  if estimate.is_new and estimate.size > ENTRY_SIZE then
    call('SETRANGE', estimate.key, estimate.size - 1, '\0') -- at once: a string that grows doubles its memory
  end
  call('SETRANGE', estimate.key, estimate.first, counts .. attempts)
end

-- The attempts left until a code is invalid, by the failed attempts alone.
local function estimated_attempts_left(estimate, limits)
  local hour = estimate[1]
  local used = hour % limits.attempts
  local left = (used == 0 and hour > 0) and 0 or limits.attempts - used
  return math.min(left, failures_allowed(estimate, 1, limits))
end

local function attempt_hash(text)
  return string.sub(redis.sha1hex(text), 1, HASH_SIZE)
end

-- The attempts left that were returned for this attempt, or nil if it is not one of the last.
local function find_attempt(estimate, hash)
  for i = COUNTS_SIZE + 1, ENTRY_SIZE, ATTEMPT_SIZE do
    if string.sub(estimate.entry, i, i + HASH_SIZE - 1) == hash then
      return string.byte(estimate.entry, i + HASH_SIZE)
    end
  end
  return nil
end

-- Counts a failed attempt, unless the limits are reached. `hash` is nil without a request id. Returns the attempts
-- left. It writes in both cases, so that a full Redis rejects the attempt in both.
local function count_estimate(estimate, limits, hash)
  local left, attempts = 0, string.sub(estimate.entry, COUNTS_SIZE + 1)
  if locked_for(estimate, 1, limits) == 0 then
    add_failure(estimate, 1)
    left = estimated_attempts_left(estimate, limits)
    if hash then attempts = hash .. string.char(left) .. string.sub(attempts, 1, -ATTEMPT_SIZE - 1) end
  end
  write_estimate(estimate, attempts)
  call('PEXPIRE', estimate.key, DAY)
  return left
end

local function reset_estimate(estimate)
  if estimate[1] + estimate[3] > 0 then
    reset_failures(estimate, 1)
    write_estimate(estimate, string.sub(estimate.entry, COUNTS_SIZE + 1))
  end
end
