-- Says whether a user is online. At 0 ms he still is: Redis ends a key when its time has passed, not when it comes.
--
-- KEYS[k]  presence:<user>
-- returns  ms that he stays online, or -2 if he is not; when that was, in microseconds since 1970
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2] = call('PTTL', KEYS[k]), now_micros()
end
