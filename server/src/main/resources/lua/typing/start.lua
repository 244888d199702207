-- Sets or extends the indicator of a user. Announces the room if the user was not typing.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/publish
-- @include typing/lib/add_to_index
-- @keys 2
-- @args 4
-- @returns 1
--
-- KEYS[k]    typing:<room>:<user>
-- KEYS[k+1]  {typing:<room>}:users, or the first key again if that is in another slot and already written
-- ARGV[a]    TTL in ms
-- ARGV[a+1]  room
-- ARGV[a+2]  user
-- ARGV[a+3]  prefix of the announcement
-- returns    1 if it was announced, else 0
local function run(k, a, reply, n)
  local typing, index, ttl = KEYS[k], KEYS[k + 1], ARGV[a]
  if index ~= typing then add_to_index(index, ARGV[a + 2]) end
  if call('SET', typing, 'true', 'PX', ttl, 'NX') then
    publish('ephemeral:typing', ARGV[a + 3] .. ARGV[a + 1])
    reply[n + 1] = 1
  else
    call('PEXPIRE', typing, ttl)
    reply[n + 1] = 0
  end
end
