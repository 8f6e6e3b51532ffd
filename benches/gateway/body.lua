-- A request to a language model of about BODY bytes: text with line breaks and quotes, and a tool call with JSON in a string.
-- A table of numbers that count up, so that no two requests are the same.

local size = tonumber(os.getenv("BODY"))
local secret = os.getenv("LEAK") or ""
local line = "fn main() {\\n    println!(\\\"hello, world: {}\\\", 42);\\n}\\n// a comment that says what the code does and why\\n"
local call = '{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"write_file","arguments":"{\\"path\\":\\"src/main.rs\\",\\"text\\":\\"one line of text\\"}"}}]}'
local parts = {}
local length = 0
while length < size do
  local message = '{"role":"user","content":"' .. string.rep(line, 16) .. secret .. '"},' .. call
  parts[#parts + 1] = message
  length = length + #message + 1
end
local body = '{"model":"m","messages":[' .. table.concat(parts, ",") .. "]}"

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = body
