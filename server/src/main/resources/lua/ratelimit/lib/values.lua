-- Each algorithm keeps one integer under `rate:<user>:<action>`, because INCRBY changes an integer without text that a
-- script would have to parse and format. It has at most 16 digits, so a Lua number is exact. The first of 16 digits
-- states the algorithm; a value of another algorithm (the policy changed) counts nothing:
--   fixed window    the count
--   sliding window  1, the number of the window (1 digit), the count of the previous one and its own (7 digits each)
--   token bucket    2 to 6, hits times milliseconds (15 digits)
local ALGORITHM = 1e15 -- one unit of the first digit
