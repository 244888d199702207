-- Counts hits if they fit into a fixed window whose end the caller has cached. Unlike check_fixed_window.lua, it does
-- not read the end of the window.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/add_hits
-- @include ratelimit/lib/checks
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  check of 1 or more hits, at most the limit
-- returns  remaining, or -1 - remaining if the hits do not fit
local function run(k, a, reply, n)
  local key, check = KEYS[k], checks[ARGV[a]]
  local limit, used = check.limit, add_hits(key, check.hits_text)
  if used == check.hits then call('PEXPIRE', key, check.window) end -- the cached window has ended: a new one starts
  if used <= limit then
    reply[n + 1] = limit - used
  else
    reply[n + 1] = -1 - math.max(0, limit - call('DECRBY', key, check.hits_text))
  end
end
