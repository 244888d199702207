-- Consumes the hits of c checks if all of them fit, else the hits of none.
--
-- @unbatched
-- @include redis/lib/call
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/decide
-- @keys 1..n
-- @args 2..n
-- @returns 4..n
--
-- KEYS[1..c]         rate:<user>:<action>
-- KEYS[c+1..]        {rate:<user>:<action>}:request:<request id>, for the checks with a request id
-- ARGV, per check    check, index of its request in KEYS or 0
-- returns per check  remaining, reset, retry, consumed (1 if this call consumed its hits)
local function run(_, a, reply)
  local items = {}
  for i = 1, (#ARGV - a + 1) / 2 do -- these reads also fail for a key of another type before anything is written
    items[i] = {
      key = KEYS[i],
      check = checks[ARGV[a + i * 2 - 2]],
      request = KEYS[tonumber(ARGV[a + i * 2 - 1])],
      value = call('GET', KEYS[i]),
      ttl = call('PTTL', KEYS[i]),
    }
  end

  local all_fit = true
  for _, item in ipairs(items) do
    local check = item.check
    local repeated = item.request and check.hits > 0 and call('EXISTS', item.request) == 1
    if repeated then
      item.remaining, item.reset = peek(item.key, check)
      item.retry = 0
    else
      item.remaining, item.reset, item.retry = decide(item.key, check)
    end
    item.consumed = item.retry == 0 and check.hits > 0 and not repeated
    if item.consumed and item.request then call('SET', item.request, '1', 'PX', check.window) end
    all_fit = all_fit and item.retry == 0
  end

  if not all_fit then
    for _, item in ipairs(items) do
      if item.consumed and item.request then call('DEL', item.request) end
      item.consumed = false
      if item.value and item.ttl ~= 0 then -- with 0 ms left, its window ends now
        call('SET', item.key, item.value, 'PX', item.ttl > 0 and item.ttl or item.check.window)
      else
        call('DEL', item.key)
      end
    end
    for _, item in ipairs(items) do
      item.remaining, item.reset = peek(item.key, item.check)
    end
  end

  for i, item in ipairs(items) do
    reply[i * 4 - 3], reply[i * 4 - 2], reply[i * 4 - 1] = item.remaining, item.reset, item.retry
    reply[i * 4] = item.consumed and 1 or 0
  end
end
