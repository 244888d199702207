-- Proves that Redis accepts writes of this server, and publishes to the channel that proves its subscription. Leaves no
-- key that GetBudget would count.
--
-- @unbatched
-- @keys 1
-- @args 2
-- @returns 3
--
-- KEYS[k]    the key that is written and removed
-- ARGV[a]    the channel
-- ARGV[a+1]  time to live of the key in ms
-- returns    1; the command that failed and its error, or two empty texts
local function run(k, a, reply, n)
  reply[n + 1], reply[n + 2], reply[n + 3] = 1, '', ''
  local commands = { { 'PUBLISH', ARGV[a], '' }, { 'SET', KEYS[k], '1', 'PX', ARGV[a + 1] }, { 'DEL', KEYS[k] } }
  for _, command in ipairs(commands) do
    local result = redis.pcall(unpack(command))
    if type(result) == 'table' and result.err then
      reply[n + 2], reply[n + 3] = command[1], result.err
      return
    end
  end
end
