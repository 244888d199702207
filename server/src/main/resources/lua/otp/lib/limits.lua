-- The limits of this script call by their text: most calls of a batch have the same ones.
local parsed_limits = {}

-- Parses '<ttl>:<attempts>:<hour>:<day>:<cooldown>:<issues>': the TTL of a code in ms and its number of attempts, the
-- failed attempts per hour and per day, the ms between two issues, and the issues per hour.
local function parse_limits(text)
  local limits = parsed_limits[text]
  if not limits then
    local ttl, attempts, hour, day, cooldown, issues = string.match(text, '^(%d+):(%d+):(%d+):(%d+):(%d+):(%d+)$')
    limits = {
      ttl = tonumber(ttl), attempts = tonumber(attempts), hour = tonumber(hour), day = tonumber(day),
      cooldown = tonumber(cooldown), issues = tonumber(issues),
    }
    parsed_limits[text] = limits
  end
  return limits
end
