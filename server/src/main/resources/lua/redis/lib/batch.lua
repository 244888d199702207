-- Runs the calls of a batch in one script call. An error in one call (its key holds another type, for example) becomes
-- the reply of that call; the other calls are not affected.
--
-- run(k, a, reply, n) is one call: its keys start at KEYS[k], its arguments at ARGV[a], and it writes its return values
-- to reply[n + 1], reply[n + 2] and so on.
--
-- ARGV[1]  number of calls
-- ARGV[2]  number of values that a call returns
-- ARGV[3]  number of arguments of each call, or 0 if all calls share the same arguments
-- KEYS[..] and ARGV[4..] are the keys and arguments of the calls, one call after the other, the same number for each
--
-- Returns the values of all calls in one flat list. The first value of a call is a number, or the text of its error.
local calls, width, args = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local keys = #KEYS / calls
local reply, started = {}, 0

-- Runs the calls that were not started: all, or after an error those behind it. One pcall for all is cheaper than one
-- for each.
local function run_rest()
  while started < calls do
    local i = started
    started = i + 1
    run(i * keys + 1, i * args + 4, reply, i * width)
  end
end

repeat
  local ok, e = pcall(run_rest)
  if not ok then
    local n = (started - 1) * width
    reply[n + 1] = type(e) == 'table' and e.err or tostring(e)
    for j = 2, width do
      reply[n + j] = 0
    end
  end
until ok
return reply
