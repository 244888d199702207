-- @include redis/lib/call

-- Makes every server drop the cached window of this key. Until then a server denies calls of a full window without
-- Redis.
local function publish_invalidation(key)
  call('PUBLISH', 'ephemeral:rate', key)
end
