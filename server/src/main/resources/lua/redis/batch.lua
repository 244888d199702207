
-- Runs many calls of one operation in one script call. An error in one (its key holds another type, say) becomes that
-- call's reply and leaves its neighbours alone.
--
-- run(k, a, reply, n) is one call: its keys start at KEYS[k], its arguments at ARGV[a], and it writes what it returns to
-- reply[n + 1] and on.
--
-- ARGV[1]  how many calls
-- ARGV[2]  how many values a call returns
-- ARGV[3]  how many arguments a call has of its own; 0 if all calls share the same ones
-- KEYS[..] and ARGV[4..] are the calls' keys and arguments, one call after the other, equally many each
--
-- Returns the values of all calls, flat. The first value of a call is a number, or its error as text.
local calls, width, args = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local keys = #KEYS / calls
local reply = {}
for i = 0, calls - 1 do
  local n = i * width
  local ok, e = pcall(run, i * keys + 1, i * args + 4, reply, n)
  if not ok then
    reply[n + 1] = type(e) == 'table' and e.err or tostring(e)
    for j = 2, width do
      reply[n + j] = 0
    end
  end
end
return reply
