-- What the names of keys and channels in Redis begin with: redis.prefix and a colon, or nothing. The server sets it in
-- the scripts that it sends. With a prefix, each key that has no braces is in braces: p:{otp:alice}.
local PREFIX = ''
