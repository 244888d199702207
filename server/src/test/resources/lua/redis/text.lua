-- Reads the text of a key. Among several calls, MGET reads it beside the script.
--
-- @batched
-- @coalesced
-- @values
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  the key
-- returns  number of calls that run together; the text
local together = #KEYS

local function run(k, _, reply, n)
  reply[n + 1] = together
  if together == 1 then reply[n + 2] = call('GET', KEYS[k]) or 'none' end
end
