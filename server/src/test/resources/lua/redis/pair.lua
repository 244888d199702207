-- A second script, of another shape.
--
-- @batched
-- @keys 2
-- @args 1
-- @returns 2
--
-- KEYS[k], KEYS[k+1]  any keys
-- ARGV[a]             a number
-- returns             the number; both keys, joined by a plus
local function run(k, a, reply, n)
  reply[n + 1] = tonumber(ARGV[a])
  reply[n + 2] = KEYS[k] .. '+' .. KEYS[k + 1]
end
