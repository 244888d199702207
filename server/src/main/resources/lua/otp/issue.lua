-- Stores a new code in place of the old one, unless the user is locked, or got one too recently or too many.
--
-- A call with the request of the stored code is a repetition: it replaces the code and nothing else. It is charged to no
-- budget, and the wrong tries stay.
--
-- KEYS[k]    otp:<user>, a HASH of mac, challenge, tries, request
-- KEYS[k+1]  {otp:<user>}:guard
-- ARGV[a]    terms
-- ARGV[a+1]  MAC of the code
-- ARGV[a+2]  challenge id
-- ARGV[a+3]  MAC of the request, or empty
-- ARGV[a+4]  the same under the pepper from before
-- returns    0 issued, 1 cooldown, 2 send limit, 3 locked (as RefusedOtp.Reason)
--            when the code ends, or the ms until one can be issued
--            the ms until the next may be issued
--            challenge id
local function run(k, a, reply, n)
  local terms, guard = parse(ARGV[a]), load(KEYS[k + 1])
  local stored = call('HMGET', KEYS[k], 'challenge', 'request') -- before any write: the key may be of another type
  local lock, cooldown, sends = locked(guard, terms), cooling(guard, terms), used_up(guard.sends, terms.sends)
  reply[n + 3], reply[n + 4] = cooldown, ''

  if lock > 0 then
    call('DEL', KEYS[k])
    reply[n + 1], reply[n + 2] = 3, math.max(lock, cooldown, sends)
  elseif stored[1] and ARGV[a + 3] ~= '' and (stored[2] == ARGV[a + 3] or stored[2] == ARGV[a + 4]) then
    call('HSET', KEYS[k], 'mac', ARGV[a + 1])
    reply[n + 1], reply[n + 2], reply[n + 4] = 0, now() + call('PTTL', KEYS[k]), stored[1]
  elseif sends > 0 then
    reply[n + 1], reply[n + 2] = 2, math.max(sends, cooldown)
  elseif cooldown > 0 then
    reply[n + 1], reply[n + 2] = 1, cooldown
  else
    guard.sends.count, guard.last = guard.sends.count + 1, now()
    store_send(KEYS[k + 1], guard, terms) -- first, so that a full Redis issues nothing that it did not charge
    call('HSET', KEYS[k], 'mac', ARGV[a + 1], 'challenge', ARGV[a + 2], 'tries', '0', 'request', ARGV[a + 3])
    call('PEXPIRE', KEYS[k], terms.ttl)
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = 0, now() + terms.ttl, terms.cooldown, ARGV[a + 2]
  end
end
