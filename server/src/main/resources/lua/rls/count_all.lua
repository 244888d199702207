-- Counts the hits of a request in each of its windows, or in none if it is denied.
--
-- @unbatched
-- @include ratelimit/lib/add_hits
-- @include rls/lib/aligned_window
-- @include rls/lib/count_of
-- @keys 1..n
-- @args 1..n
-- @returns 3..n
--
-- KEYS[i]  rate:<user>:<action>
-- ARGV[i]  <limit>:<window in ms>:<mode>:<hits>; the mode is d if a window over its limit denies the request, q if it
--          does together with all others of this mode, and n if it never does
-- returns  for each window the count, with the hits unless only another window denies; ms until it ends; 1 if the hits
--          were counted, else 0
local function run(_, a, reply)
  local windows, quotas, exceeded, denied = {}, 0, 0, false
  local counts = {} -- by key: a request may have one twice
  for i, key in ipairs(KEYS) do -- these reads also fail for a key of another type before anything is written
    local limit, window, mode, hits = string.match(ARGV[a + i - 1], '^(%d+):(%d+):([dqn]):(%d+)$')
    local before = counts[key] or count_of(key)
    local used = before + tonumber(hits)
    local over = used > tonumber(limit)
    local left = aligned_window.left(tonumber(window))
    windows[i] = { hits = hits, before = before, used = used, over = over, left = left }
    if not over then counts[key] = used end
    if mode == 'q' then
      quotas = quotas + 1
      if over then exceeded = exceeded + 1 end
    end
    denied = denied or (over and mode == 'd')
  end
  denied = denied or (quotas > 0 and exceeded == quotas)

  for i, window in ipairs(windows) do
    local counted = not denied and not window.over and window.hits ~= '0'
    if counted and add_hits(KEYS[i], window.hits) == tonumber(window.hits) then -- the key is new
      aligned_window.expire(KEYS[i], window.left)
    end
    reply[i * 3 - 2] = (denied and not window.over) and window.before or window.used
    reply[i * 3 - 1], reply[i * 3] = window.left, counted and 1 or 0
  end
end
