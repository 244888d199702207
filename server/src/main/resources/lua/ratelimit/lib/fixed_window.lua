-- @include redis/lib/call
-- @include ratelimit/lib/add_hits
-- @include ratelimit/lib/values

-- Fixed window: a counter whose TTL is the rest of the window. The window starts with the first hit.
-- The functions of an algorithm are described in ratelimit/lib/algorithms.
local fixed_window = {}

function fixed_window.decision(check, used, reset)
  local remaining = math.max(0, check.limit - used)
  local retry = 0
  if check.wanted > remaining then
    retry = check.wanted > check.limit and -1 or math.max(1, reset)
  end
  return remaining, reset, retry
end

function fixed_window.read(key)
  local used = tonumber(call('GET', key)) or 0
  return used < ALGORITHM and used or 0
end

function fixed_window.peek(key, check)
  local used = fixed_window.read(key)
  local reset = used > 0 and math.max(0, call('PTTL', key)) or 0
  return fixed_window.decision(check, used, math.min(reset, check.window))
end

function fixed_window.consume(key, check)
  local limit, window = check.limit, check.window
  local used = add_hits(key, check.hits_text)
  local reset = used == check.hits and -1 or call('PTTL', key)
  if reset < 0 or reset > window then -- the window starts, or the policy's window became shorter
    reset = window
    call('PEXPIRE', key, window)
  end
  if used <= limit then return limit - used, reset, 0 end
  return fixed_window.decision(check, call('DECRBY', key, check.hits_text), reset)
end

function fixed_window.refund(key, check)
  local used = fixed_window.read(key)
  if used > check.hits then
    call('DECRBY', key, check.hits_text)
  elseif used > 0 then
    call('DEL', key)
  end
end
