-- Reads a flag, and does not prolong it.
--
-- KEYS[k]  flag:<feature>:<user>
-- returns  1 if it is set, else 0; its value; the ms it still lives
local function run(k, _, reply, n)
  reply[n + 1], reply[n + 2], reply[n + 3] = look(KEYS[k])
end
