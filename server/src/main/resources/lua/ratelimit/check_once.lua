-- Counts hits if they fit and the same request was not charged before. A request that was is allowed and costs nothing.
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, which exists for one window after the charge
-- ARGV[a]    policy
-- ARGV[a+1]  hits
-- returns    allowed, remaining, reset, retry
local function run(k, a)
  local hits = tonumber(ARGV[a + 1])
  if hits > 0 and redis.call('EXISTS', KEYS[k + 1]) == 1 then
    local _, remaining, reset = take(KEYS[k], ARGV[a], 0)
    return 1, remaining, reset, -1
  end
  local allowed, remaining, reset, retry = take(KEYS[k], ARGV[a], hits)
  if allowed == 1 and hits > 0 then
    redis.call('SET', KEYS[k + 1], '1', 'PX', parse(ARGV[a]).window)
  end
  return allowed, remaining, reset, retry
end
