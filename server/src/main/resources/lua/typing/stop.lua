-- Removes the indicator of a user. Announces the room if the user was typing.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/publish
-- @keys 2
-- @args 3
-- @returns 1
--
-- KEYS[k]    typing:<room>:<user>
-- KEYS[k+1]  {typing:<room>}:users, or the first key again if that is in another slot
-- ARGV[a]    room
-- ARGV[a+1]  user
-- ARGV[a+2]  prefix of the announcement
-- returns    1 if it was announced, else 0
local function run(k, a, reply, n)
  local typing, index = KEYS[k], KEYS[k + 1]
  reply[n + 1] = call('DEL', typing)
  if reply[n + 1] == 1 then
    if index ~= typing then
      call('ZREM', index, ARGV[a + 1])
    end
    publish('ephemeral:typing', ARGV[a + 2] .. ARGV[a])
  end
end
