-- The largest presence.ttl that a server may have, in ms. More is left only after the clock of Redis was set back.
local MAX_TTL = 60000
