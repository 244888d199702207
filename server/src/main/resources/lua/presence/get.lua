-- Reads whether a user is online. A user with 0 ms left still is: Redis removes a key after its last millisecond.
--
-- @batched
-- @coalesced
-- @lean
-- @include redis/lib/call
-- @include redis/lib/now_micros
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  presence:<user>
-- returns  ms that the user stays online, or -2 if offline; the time of this read in microseconds since 1970
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2] = call('PTTL', KEYS[k]), now_micros()
end
