-- Passes a message on to those who are subscribed now. Stores nothing.
--
-- KEYS[k]  the channel, so that on a Cluster this runs where all servers are subscribed; no key of this name ever exists
-- ARGV[a]  the message
-- returns  how many subscribers there were
local function run(k, a, reply, n)
  reply[n + 1] = redis.call('PUBLISH', KEYS[k], ARGV[a])
end
