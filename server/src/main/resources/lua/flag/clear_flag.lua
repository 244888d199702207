-- Removes a feature flag of any value. Announces the feature if the flag was set.
--
-- @batched
-- @include redis/lib/call
-- @include redis/lib/publish
-- @keys 1
-- @args 1
-- @returns 1
--
-- KEYS[k]  flag:<feature>:<user>
-- ARGV[a]  the announcement
-- returns  1 if the flag was set, else 0
local function run(k, a, reply, n)
  local removed = call('DEL', KEYS[k])
  if removed == 1 then publish('ephemeral:flag', ARGV[a]) end
  reply[n + 1] = removed
end
