-- @include otp/lib/wrong_type

-- A code is one string, so that one command writes it with its TTL: the MAC of the code, the challenge id, and the MAC
-- of the request or nothing.
local MAC_SIZE, CHALLENGE_SIZE = 43, 22
local CODE_SIZE = MAC_SIZE + CHALLENGE_SIZE

-- Returns the MAC, the challenge id, and the MAC of the request or ''; nothing if there is no text.
local function parse_code(text)
  if not text then return end
  if #text ~= CODE_SIZE and #text ~= CODE_SIZE + MAC_SIZE then raise_wrong_type() end
  return string.sub(text, 1, MAC_SIZE), string.sub(text, MAC_SIZE + 1, CODE_SIZE), string.sub(text, CODE_SIZE + 1)
end
