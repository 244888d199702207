-- @include redis/lib/call

-- What precedes and follows the name of a channel in Redis: redis.prefix, and the database unless it is 0, because
-- Redis shares its channels between its databases. The server sets both in the scripts that it sends.
local CHANNEL_PREFIX, CHANNEL_SUFFIX = '', ''

-- Publishes to a channel of this service. Returns the number of subscribers.
local function publish(channel, message)
  return call('PUBLISH', CHANNEL_PREFIX .. channel .. CHANNEL_SUFFIX, message)
end
