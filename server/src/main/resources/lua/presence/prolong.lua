-- Prolongs the time that users are online, of as many as there are keys. PEXPIREAT is cheaper than PEXPIRE, which Redis rewrites
-- into it each time.
--
-- KEYS     presence:<user> of each
-- ARGV[a]  ms that they are online from now on
-- returns  how many of them are not online; nothing has happened to them; their places in KEYS, counted from 0
local function run(_, a, reply, n)
  local keys, call = KEYS, call
  local till = string.format('%.0f', now() + ARGV[a])
  local missing = 0
  for i = 1, #keys do
    if call('PEXPIREAT', keys[i], till) == 0 then
      missing = missing + 1
      reply[n + 1 + missing] = i - 1
    end
  end
  reply[n + 1] = missing
end
