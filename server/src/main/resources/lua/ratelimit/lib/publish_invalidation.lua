-- @include redis/lib/prefix
-- @include redis/lib/publish

-- Makes every server drop the cached window of this key. Until then a server denies calls of a full window without
-- Redis.
local function publish_invalidation(key)
  publish('ephemeral:rate', PREFIX == '' and key or string.sub(key, #PREFIX + 2, -2)) -- without the braces
end
