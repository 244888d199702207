-- Removes an entry and its lease, so that a put with a value loaded before the eviction is rejected.
--
-- @batched
-- @include redis/lib/call
-- @keys 2
-- @args 0
-- @returns 1
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- returns    1 if there was an entry, else 0
local function run(k, _, reply, n)
  reply[n + 1] = call('DEL', KEYS[k])
  call('DEL', KEYS[k + 1])
end
