-- The TTL in ms of a part of the expiry index: it exists for as long as users are scheduled and swept.
local INDEX_TTL = 3600000
