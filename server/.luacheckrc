-- For the scripts as they are sent to Redis, each with its libraries: see .ci/lua.
std = "none" -- the sandbox of Redis 6.2: no io, os, require, print
read_globals = {
  "redis", "KEYS", "ARGV", "cjson", "bit", "struct",
  "math", "string", "table",
  "error", "ipairs", "next", "pairs", "pcall", "select", "setmetatable", "tonumber", "tostring", "type", "unpack",
}
max_line_length = 120
