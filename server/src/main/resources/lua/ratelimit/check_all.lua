-- Counts the hits of n checks if all of them fit, else of none.
--
-- KEYS[1..n]     rate:<user>:<action>
-- KEYS[n+1..]    {rate:<user>:<action>}:request:<request id>, for the checks that have one
-- ARGV, a check  terms, the index in KEYS of its request or 0
-- returns, a check  remaining, reset, retry, charged (1 if its hits were counted now)
local function run(_, a, reply)
  local checks = {}
  for i = 1, (#ARGV - a + 1) / 2 do -- also finds a key of another type before anything is written
    checks[i] = {
      key = KEYS[i],
      terms = parse(ARGV[a + i * 2 - 2]),
      request = KEYS[tonumber(ARGV[a + i * 2 - 1])],
      value = call('GET', KEYS[i]),
      ttl = call('PTTL', KEYS[i]),
    }
  end

  local all = true
  for _, check in ipairs(checks) do
    local terms = check.terms
    local repeated = check.request and terms.hits > 0 and call('EXISTS', check.request) == 1
    if repeated then
      check.remaining, check.reset = terms.algorithm.look(check.key, terms)
      check.retry = 0
    else
      check.remaining, check.reset, check.retry = terms.answer(check.key, terms)
    end
    check.charged = check.retry == 0 and terms.hits > 0 and not repeated
    if check.charged and check.request then call('SET', check.request, '1', 'PX', terms.window) end
    all = all and check.retry == 0
  end

  if not all then
    for _, check in ipairs(checks) do
      if check.charged and check.request then call('DEL', check.request) end
      check.charged = false
      if check.value then
        call('SET', check.key, check.value, 'PX', check.ttl > 0 and check.ttl or check.terms.window)
      else
        call('DEL', check.key)
      end
    end
    for _, check in ipairs(checks) do
      check.remaining, check.reset = check.terms.algorithm.look(check.key, check.terms)
    end
  end

  for i, check in ipairs(checks) do
    reply[i * 4 - 3], reply[i * 4 - 2], reply[i * 4 - 1] = check.remaining, check.reset, check.retry
    reply[i * 4] = check.charged and 1 or 0
  end
end
