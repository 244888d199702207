-- @include redis/lib/call
-- @include redis/lib/now

-- Windows of Envoy's rate limit service: one that is w ms long begins at each multiple of w, by the clock of Redis. A
-- counter expires when its window ends, so no key has a time in its name.
local aligned_window = {}

-- Returns the ms until the window ends, from 1 on.
function aligned_window.left(window)
  return window - now() % window
end

function aligned_window.expire(key, left)
  call('PEXPIREAT', key, now() + left)
end
