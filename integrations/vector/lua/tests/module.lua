-- What README.md promises. Takes a folder with keepmum.so in it, and may write there.
local folder = arg[1]
package.cpath = folder .. "/?.so"
local keepmum = require("keepmum")

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

local function fails(with, run, ...)
  local good, error = pcall(run, ...)
  assert(not good and tostring(error):find(with, 1, true), tostring(error))
  assert(not tostring(error):find("horse", 1, true), tostring(error))
end

write("pin", "correct horse")
write("short", "ab")
write("keepmum.toml", "[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
write("short.toml", "only-known = true\n[[source]]\nkind = 'file'\nname = 'short'\npath = 'short'\n")

assert(keepmum.version:find("%d+%.%d+"))
fails("unknown option `confg`", keepmum.new, { confg = "x" })
fails("use a path", keepmum.new, { config = true })
fails("none.toml", keepmum.new, { config = folder .. "/none.toml" })
fails("", keepmum.new)
local short = keepmum.new({ config = folder .. "/short.toml" })
assert(#short:warnings() == 1 and #short:warnings() == 0)

local redactor = keepmum.new({ config = folder .. "/keepmum.toml" })
assert(redactor:redact("nothing") == "nothing")
assert(redactor:redact("a correct horse\0\xff") == "a [REDACTED:pin]\0\xff")
fails("", redactor.redact, redactor)

-- Strings in nested tables and lists, keys, and nothing else.
local tags = { "x", "correct horse" }
local timestamp = { year = 2026, month = 11, day = 28, hour = 21, min = 4, sec = 5, nanosec = 6, isdst = false }
local event = {
  log = {
    message = "pw is correct horse.",
    ["correct horse"] = { deep = { deeper = "636f727265637420686f727365" } },
    tags = tags,
    count = 42, rate = 0.5, big = math.maxinteger, least = math.mininteger, yes = true,
    timestamp = timestamp, empty = {}, mixed = { "one", two = "2" },
  },
}
assert(redactor:redact_event(event) == event)
local log = event.log
assert(log.message == "pw is [REDACTED:pin].")
assert(log["correct horse"] == nil)
assert(log["[REDACTED:pin]"].deep.deeper == "[REDACTED:pin]")
assert(log.tags == tags and #tags == 2 and tags[1] == "x" and tags[2] == "[REDACTED:pin]")
assert(log.count == 42 and math.type(log.count) == "integer" and log.rate == 0.5)
assert(log.big == math.maxinteger and log.least == math.mininteger and log.yes == true)
assert(log.timestamp == timestamp and timestamp.year == 2026 and timestamp.isdst == false)
assert(next(log.empty) == nil and log.mixed[1] == "one" and log.mixed.two == "2")

-- A key tells what its value is, as in JSON.
local value = ("x7Kq" .. "9vRt2"):rep(2) .. "Zw"
local told = redactor:redact_event({ log = { password = value } })
assert(told.log.password:find("^%[REDACTED:"), told.log.password)

-- What cannot be done is an error.
fails("cannot be looked through", redactor.redact_event, redactor, { log = { f = print } })
fails("would be one", redactor.redact_event, redactor, { log = { ["correct horse"] = 1, [" correct horse"] = 2, ["[REDACTED:pin]"] = 3 } })
local circle = {}
circle.circle = circle
fails("too deep", redactor.redact_event, redactor, circle)
fails("", redactor.redact_event, redactor, "text")

redactor, short = nil, nil
collectgarbage()
print("good")
