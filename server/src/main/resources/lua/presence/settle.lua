-- Notes when to look again at users who are online, and forgets the others; but not one whose time was noted anew since he
-- was put off.
--
-- KEYS[k]    a part of the index
-- ARGV[a]    until when they were put off
-- ARGV[a+1]  how many they are
-- ARGV[...]  of each: user; ms that he stays online, or -2
-- returns    1
local function run(k, a, reply, n)
  for i = a + 2, a + 1 + 2 * ARGV[a + 1], 2 do
    local user, left = ARGV[i], tonumber(ARGV[i + 1])
    if tonumber(call('ZSCORE', KEYS[k], user)) == tonumber(ARGV[a]) then
      if left >= 0 then
        call('ZADD', KEYS[k], now() + left + 1, user)
      else
        call('ZREM', KEYS[k], user)
      end
    end
  end
  reply[n + 1] = 1
end
