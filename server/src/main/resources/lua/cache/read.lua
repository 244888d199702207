-- Reads an entry. Among several calls MGET reads the texts, before or after the script: the TTL may be that of an entry
-- that was put or evicted in between. An entry without a TTL or a text counts as missing.
--
-- @batched
-- @coalesced
-- @values
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  cache:user:<id> or cache:product:<id>
-- returns  TTL of the entry in ms, or -2 if there is none
--          its text, '' if it is negative or missing
local alone = #KEYS == 1

local function run(k, _, reply, n)
  reply[n + 1] = call('PTTL', KEYS[k])
  if alone then reply[n + 2] = call('GET', KEYS[k]) or '' end
end
