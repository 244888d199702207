-- Reads as many feature flags as there are keys. Does not extend their TTL.
--
-- @unbatched
-- @include redis/lib/get_value
-- @keys 1..n
-- @args 0
-- @returns 3..n
--
-- KEYS     flag:<feature>:<user> of each
-- returns  of each: 1 if the flag is set, else 0; its value; its TTL in ms
local function run(_, _, reply, n)
  for i = 1, #KEYS do
    local at = n + 3 * (i - 1)
    reply[at + 1], reply[at + 2], reply[at + 3] = get_value(KEYS[i])
  end
end
