-- Removes an entry and ends any lease given out for it, so that nobody fills it with what he loaded before.
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- returns    1 if there was an entry, else 0
local call = redis.call

local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
  call('DEL', KEYS[k + 1])
end
