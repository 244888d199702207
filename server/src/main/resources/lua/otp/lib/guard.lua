-- @include redis/lib/call
-- @include redis/lib/now
-- @include otp/lib/windows
-- @include otp/lib/wrong_type

-- The guard holds what is counted per user that was issued a code. A new code resets only the attempts at the code. It
-- is one string, so that one command writes it with its TTL:
--   1, 2   failed attempts at the last code, with and without its challenge id
--   3      when the last code was issued
--   4      failed attempts without a challenge id, two windows as in otp/lib/windows
--   8      failed attempts with the challenge id of the code, the same
--   12     codes issued, a window of an hour
-- Counts have one byte, times 6 bytes: ms since 1970, by the clock of Redis. The key expires when nothing in it counts
-- any more.
local GUARD = '>BBI6 BI6BI6 BI6BI6 BI6'
local GUARD_FIELDS = 13
local ATTEMPTS, GUESSES, LAST_ISSUE, ANONYMOUS, OWN, ISSUES = 1, 2, 3, 4, 8, 12
local NO_GUARD = string.rep('\0', struct.size(GUARD))

-- After the clock was set back, times are in the future. They become now, so that nothing lasts longer by the step.
local function move_times_to_now(key, guard)
  if math.max(guard[3], guard[5], guard[7], guard[9], guard[11], guard[13]) <= now() then return end
  for i = LAST_ISSUE, GUARD_FIELDS, 2 do
    guard[i] = math.min(guard[i], now())
  end
  call('SET', key, struct.pack(GUARD, unpack(guard, 1, GUARD_FIELDS)), 'KEEPTTL')
end

-- The guard of a key that holds `text`.
local function read_guard(key, text)
  text = text or NO_GUARD
  if #text ~= #NO_GUARD then raise_wrong_type() end
  local guard = { struct.unpack(GUARD, text) }
  move_times_to_now(key, guard)
  begin_failures(guard, ANONYMOUS)
  begin_failures(guard, OWN)
  begin_window(guard, ISSUES, HOUR)
  return guard
end

-- The ms until so many ms after the last code have passed, else 0.
local function left_after_issue(guard, ms)
  return math.min(ms, math.max(0, guard[LAST_ISSUE] + ms - now()))
end

-- The ms until the cooldown after the last code ends, else 0.
local function cooldown_left(guard, limits)
  return left_after_issue(guard, limits.cooldown)
end

-- Writes the guard and its TTL, or removes it if nothing counts any more.
local function write_guard(key, guard, limits)
  local left = math.max(
    cooldown_left(guard, limits), left_after_issue(guard, limits.ttl), -- it outlives the code
    failures_left(guard, ANONYMOUS), failures_left(guard, OWN), window_left(guard, ISSUES, HOUR))
  if left > 0 then
    call('SET', key, struct.pack(GUARD, unpack(guard, 1, GUARD_FIELDS)), 'PX', left)
  else
    call('DEL', key)
  end
end
