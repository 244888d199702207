-- Raises the error of a key that does not hold what this service writes, as Redis does for a key of another type.
local function raise_wrong_type()
  error({ err = 'WRONGTYPE The key holds a string of another program' })
end
