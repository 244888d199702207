-- Publishes a message to the current subscribers. Stores nothing.
--
-- @batched
-- @sequential
-- @include redis/lib/call
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  the channel: on a Cluster it selects the master to which all servers subscribe; no such key ever exists
-- ARGV[a]  message
-- returns  number of subscribers
local function run(k, a, reply, n)
  reply[n + 1] = call('PUBLISH', KEYS[k], ARGV[a])
end
