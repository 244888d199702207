-- Removes one connection of a user or, without a connection, all of them.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/now
-- @include presence/lib/announce
-- @include presence/lib/max_ttl
-- @include presence/lib/schedule_check
-- @keys 3
-- @args 3
-- @returns 2
--
-- KEYS[k]    presence:<user>
-- KEYS[k+1]  {presence:<user>}:connections
-- KEYS[k+2]  the part of the expiry index that holds the user, or the first key again if that is in another slot
-- ARGV[a]    user
-- ARGV[a+1]  connection, or empty
-- ARGV[a+2]  prefix of the announcement
-- returns    1 if this call took the user offline, else 0; ms that the user stays online
--            through other connections, or 0
local function run(k, a, reply, n)
  local presence, connections, index = KEYS[k], KEYS[k + 1], KEYS[k + 2]
  if ARGV[a + 1] ~= '' then
    call('ZREM', connections, ARGV[a + 1])
    local last = call('ZREVRANGE', connections, 0, 0, 'WITHSCORES')
    local left = last[2] and math.min(last[2] - now(), MAX_TTL) or 0
    if left > 0 then
      call('PEXPIRE', presence, left)
      if index ~= presence then schedule_check(index, ARGV[a], left) end
      reply[n + 1], reply[n + 2] = 0, left
      return
    end
  end
  call('DEL', connections)
  reply[n + 1], reply[n + 2] = call('DEL', presence), 0
  if index ~= presence then call('ZREM', index, ARGV[a]) end
  if reply[n + 1] == 1 then announce(ARGV[a + 2], ARGV[a], 0) end
end
