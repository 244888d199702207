
-- Runs many calls of one operation in one script call. An error in one (its key holds another type, say) becomes that
-- call's reply and leaves its neighbours alone.
--
-- ARGV[1]  how many calls
-- ARGV[2]  how many values a call returns, to pad the reply of one that failed
-- KEYS[..] and ARGV[3..] are the calls' keys and arguments, one call after the other, equally many each
--
-- Returns the values of all calls, flat. The first value of a call is a number, or its error as text.
local calls, width = tonumber(ARGV[1]), tonumber(ARGV[2])
local keys, args = #KEYS / calls, (#ARGV - 2) / calls
local reply, n = {}, 0
for i = 0, calls - 1 do
  local result = { pcall(run, i * keys + 1, i * args + 3) }
  if result[1] then
    for j = 2, #result do
      n = n + 1
      reply[n] = result[j]
    end
  else
    local e = result[2]
    reply[n + 1] = type(e) == 'table' and e.err or tostring(e)
    for j = 2, width do
      reply[n + j] = 0
    end
    n = n + width
  end
end
return reply
