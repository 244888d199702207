-- Tells who is noted in the index of a room.
--
-- KEYS[k]  {typing:<room>}:users
-- ARGV[a]  how many, the last noted first
-- returns  how many, then name and time of each
local function run(k, a, reply, n)
  local noted = call('ZREVRANGE', KEYS[k], 0, ARGV[a] - 1, 'WITHSCORES')
  reply[n + 1] = #noted / 2
  for i, value in ipairs(noted) do
    reply[n + 1 + i] = value
  end
end
