-- Publishes a message to the current subscribers. Stores nothing.
--
-- @batched
-- @sequential
-- @include redis/lib/publish
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  the name of the channel: on a Cluster it selects the master to which all servers subscribe; no such key ever
--          exists
-- ARGV[a]  message
-- returns  number of subscribers
local function run(_, a, reply, n)
  reply[n + 1] = publish('ephemeral:broadcast', ARGV[a])
end
