-- Reads an entry.
--
-- @batched
-- @coalesced
-- @include redis/lib/call
-- @keys 1
-- @args 0
-- @returns 2
--
-- KEYS[k]  cache:user:<id> or cache:product:<id>
-- returns  TTL of the entry in ms, or -2 if there is none; its text, '' if it is negative
local texts = call('MGET', unpack(KEYS)) -- of all calls: each has one key

local function run(k, _, reply, n)
  local text = texts[k] or call('GET', KEYS[k]) -- MGET returns nil for a key that holds another type, GET the error
  if text then
    reply[n + 1], reply[n + 2] = call('PTTL', KEYS[k]), text
  else
    reply[n + 1], reply[n + 2] = -2, ''
  end
end
