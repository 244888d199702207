-- Removes the code of a user.
--
-- @batched
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 1
--
-- KEYS[k]  otp:<user>
-- returns  1 if there was a code, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
end
