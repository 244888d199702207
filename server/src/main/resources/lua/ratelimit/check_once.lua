-- Consumes hits if they fit and the request did not consume them before. A request that did is allowed and consumes
-- nothing.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/algorithms
-- @include ratelimit/lib/checks
-- @include ratelimit/lib/decide
-- @keys 2
-- @args 1
-- @returns 3
--
-- KEYS[k]    rate:<user>:<action>
-- KEYS[k+1]  {rate:<user>:<action>}:request:<request id>, which exists for one window after the hits were consumed
-- ARGV[a]    check
-- returns    remaining, reset, retry
local function run(k, a, reply, n)
  local check = checks[ARGV[a]]
  if check.hits > 0 and call('EXISTS', KEYS[k + 1]) == 1 then
    reply[n + 1], reply[n + 2] = peek(KEYS[k], check)
    reply[n + 3] = 0
    return
  end
  local remaining, reset, retry = decide(KEYS[k], check)
  if retry == 0 and check.hits > 0 then
    call('SET', KEYS[k + 1], '1', 'PX', check.window)
  end
  reply[n + 1], reply[n + 2], reply[n + 3] = remaining, reset, retry
end
