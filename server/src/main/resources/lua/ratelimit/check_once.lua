-- Counts hits if they fit and the same request was not charged before. A request that was is allowed and costs nothing.
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, which exists for one window after the charge
-- ARGV[a]    terms
-- returns    remaining, reset, retry
local function run(k, a, reply, n)
  local terms = parse(ARGV[a])
  if terms.hits > 0 and call('EXISTS', KEYS[k + 1]) == 1 then
    reply[n + 1], reply[n + 2] = terms.algorithm.look(KEYS[k], terms)
    reply[n + 3] = 0
    return
  end
  local remaining, reset, retry = terms.answer(KEYS[k], terms)
  if retry == 0 and terms.hits > 0 then
    call('SET', KEYS[k + 1], '1', 'PX', terms.window)
  end
  reply[n + 1], reply[n + 2], reply[n + 3] = remaining, reset, retry
end
