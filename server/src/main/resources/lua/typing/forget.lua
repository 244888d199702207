-- Forgets users of the index of a room who were found not to type. Who was noted in the last seconds stays: he may be about
-- to type, for to note him comes first where that is another step.
--
-- KEYS[k]      {typing:<room>}:users
-- ARGV[a]      how many
-- ARGV[a+1..]  their names
-- returns      1
local LATELY = 10000

local function run(k, a, reply, n)
  for i = a + 1, a + ARGV[a] do
    local noted = call('ZSCORE', KEYS[k], ARGV[i])
    if noted and now() - noted > LATELY then
      call('ZREM', KEYS[k], ARGV[i])
    end
  end
  reply[n + 1] = 1
end
