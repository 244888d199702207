-- Reads an entry.
--
-- KEYS[k]  cache:user:<id> or cache:product:<id>
-- returns  ms that it still lives, or -2 if there is none; its text, '' if it is negative
local call = redis.call

local function run(k, _, reply, n)
  local text = call('GET', KEYS[k])
  if text then
    reply[n + 1], reply[n + 2] = call('PTTL', KEYS[k]), text
  else
    reply[n + 1], reply[n + 2] = -2, ''
  end
end
