-- @include redis/lib/call
-- @include ratelimit/lib/add_hits

-- Fixed window: a counter whose TTL is the rest of the window. The window starts with the first hit.
-- The functions of an algorithm are described in ratelimit/lib/parse_check.
local fixed_window = {}

function fixed_window.decision(check, used, reset)
  local remaining = math.max(0, check.limit - used)
  local retry = 0
  if check.wanted > remaining then
    retry = check.wanted > check.limit and -1 or math.max(1, reset)
  end
  return remaining, reset, retry
end

function fixed_window.peek(key, check)
  local used = tonumber(call('GET', key)) or 0
  local reset = used > 0 and math.max(0, call('PTTL', key)) or 0
  return fixed_window.decision(check, used, math.min(reset, check.window))
end

function fixed_window.consume(key, check)
  local used = add_hits(key, check.hits_text)
  local reset = call('PTTL', key)
  if reset < 0 or reset > check.window then -- the window starts, or the policy's window became shorter
    reset = check.window
    call('PEXPIRE', key, reset)
  end
  if used <= check.limit then return check.limit - used, reset, 0 end
  return fixed_window.decision(check, call('DECRBY', key, check.hits_text), reset)
end

function fixed_window.refund(key, check)
  local used = tonumber(call('GET', key)) or 0
  if used > check.hits then
    call('DECRBY', key, check.hits_text)
  elseif used > 0 then
    call('DEL', key)
  end
end
