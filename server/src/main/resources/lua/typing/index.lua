-- The index of a room: who typed there in the last minute, by when it was last noted. Only a hint where to look: whether
-- somebody types, his own key says. Needs redis/time.

local NOTED = 60000

local function note(index, user)
  call('ZADD', index, now(), user)
  call('ZREMRANGEBYSCORE', index, 0, now() - NOTED)
  call('PEXPIRE', index, NOTED)
end

