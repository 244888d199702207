-- Reads an entry.
--
-- KEYS[k]  cache:user:<id> or cache:product:<id>
-- returns  ms that it still lives, or -2 if there is none; its text, '' if it is negative
local call = redis.call
local texts = call('MGET', unpack(KEYS)) -- of all calls: each has one key

local function run(k, _, reply, n)
  local text = texts[k] or call('GET', KEYS[k]) -- MGET says nothing of a key that holds another type
  if text then
    reply[n + 1], reply[n + 2] = call('PTTL', KEYS[k]), text
  else
    reply[n + 1], reply[n + 2] = -2, ''
  end
end
