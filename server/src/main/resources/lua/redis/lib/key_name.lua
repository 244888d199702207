-- @include redis/lib/prefix

-- The name in Redis of a key without braces.
local function key_name(key)
  return PREFIX == '' and key or PREFIX .. '{' .. key .. '}'
end
