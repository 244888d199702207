-- Removes the token of a user.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  token:<user>:login
-- returns  1 if there was a token, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
