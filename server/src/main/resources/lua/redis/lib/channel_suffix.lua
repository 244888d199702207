-- Redis shares its channels between its databases, so the names of all but database 0 end with ':<database>'. The
-- server sets it in the scripts that it sends.
local CHANNEL_SUFFIX = ''
