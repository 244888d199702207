-- Counts hits in a window.
--
-- @batched
-- @include redis/lib/call
-- @include ratelimit/lib/add_hits
-- @include rls/lib/aligned_window
-- @include rls/lib/count_of
-- @keys 1
-- @args 1
-- @returns 2
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  <limit>:<window in ms>:<1 if hits beyond the limit are counted too, else 0>:<hits>
-- returns  the count with these hits, even if they were not counted; ms until the window ends

-- The counts of this script call by their text: most calls of a batch have the same few. redis.call formats a number as
-- a double, so hits stay text.
local counts = setmetatable({}, {
  __index = function(all, text)
    local limit, window, counts_denied, hits = string.match(text, '^(%d+):(%d+):([01]):(%d+)$')
    local count = {
      limit = tonumber(limit), left = aligned_window.left(tonumber(window)), window = tonumber(window),
      counts_denied = counts_denied == '1', hits = tonumber(hits), hits_text = hits,
    }
    all[text] = count
    return count
  end,
})

-- The ms that a window over its limit has left. A counter may have no TTL, or one that is too long: the clock was set
-- back, or CheckRate with a longer window wrote it. Within the limit that is not checked: it would cost a command.
local function left_of_full(key, count)
  local left = call('PTTL', key)
  if left >= 0 and left <= count.window then return math.max(1, left) end
  aligned_window.expire(key, count.left)
  return count.left
end

local function run(k, a, reply, n)
  local key, count = KEYS[k], counts[ARGV[a]]
  local used
  local left = count.left
  if count.hits == 0 then
    used = count_of(key)
  else
    used = add_hits(key, count.hits_text)
    if used == count.hits then aligned_window.expire(key, left) end -- the key is new
    if used > count.limit then
      left = left_of_full(key, count)
      if not count.counts_denied then call('DECRBY', key, count.hits_text) end
    end
  end
  reply[n + 1], reply[n + 2] = used, left
end
