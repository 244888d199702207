-- Counts hits if they fit into a fixed window whose end the caller knows: check.lua without the question for it.
--
-- KEYS[k]  rate:<user>:<action>
-- ARGV[a]  terms, of a fixed window, with hits from 1 to its limit
-- returns  remaining, or -1 - remaining if the hits do not fit
local function run(k, a, reply, n)
  local key, terms = KEYS[k], parse(ARGV[a])
  local used = fixed.add(key, terms)
  if used == terms.hits then call('PEXPIRE', key, terms.window) end -- that window has ended, and a new one starts
  if used <= terms.limit then
    reply[n + 1] = terms.limit - used
  else
    reply[n + 1] = -1 - math.max(0, terms.limit - call('DECRBY', key, terms.hits_text))
  end
end
