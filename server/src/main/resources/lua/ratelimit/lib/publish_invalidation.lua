-- @include redis/lib/call
-- @include redis/lib/channel_suffix

-- Makes every server drop the cached window of this key. Until then a server denies calls of a full window without
-- Redis.
local function publish_invalidation(key)
  call('PUBLISH', 'ephemeral:rate' .. CHANNEL_SUFFIX, key)
end
