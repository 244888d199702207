-- Reads an entry, and takes the lease to fill it if it is missing or past its soft age. Nobody gets a lease while Redis is
-- so full that leases themselves would be too much.
--
-- KEYS[k]    cache:user:<id> or cache:product:<id>
-- KEYS[k+1]  {cache:user:<id>}:lease or {cache:product:<id>}:lease
-- ARGV[a]    the lease
-- ARGV[a+1]  ms that it lasts
-- ARGV[a+2]  ms that an entry within its soft age still lives, at least
-- ARGV[a+3]  percent of its memory up to which Redis takes leases
-- returns    ms that the entry still lives, or -2 if there is none; its text, '' if it is negative; 1 if the lease was
--            taken, else 0; ms until the lease of somebody else ends, 0 if it was taken or there is nothing to fill
local function run(k, a, reply, n)
  local text = call('GET', KEYS[k])
  local left = text and call('PTTL', KEYS[k]) or -2
  local taken, wait = 0, 0
  if not text or (text ~= '' and left < tonumber(ARGV[a + 2])) then
    if used() > tonumber(ARGV[a + 3]) then
      wait = tonumber(ARGV[a + 1])
    elseif call('SET', KEYS[k + 1], ARGV[a], 'NX', 'PX', ARGV[a + 1]) then
      taken = 1
    else
      wait = math.max(1, call('PTTL', KEYS[k + 1]))
    end
  end
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = left, text or '', taken, wait
end
