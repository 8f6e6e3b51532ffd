-- Records through keepmum.lua, as Fluent Bit's Lua filter calls it. In this folder:
--
--     KEEPMUM_LIBRARY=/path/to/libkeepmum.so KEEPMUM_CONFIG=../config/keepmum.toml DEMO_PASSWORD='correct horse battery staple' \
--         luajit records.lua

dofile("../keepmum.lua")

local SECRET, GONE = os.getenv("DEMO_PASSWORD"), "[REDACTED:DEMO_PASSWORD]"

local function same(left, right)
    if type(left) ~= "table" or type(right) ~= "table" then
        return left == right
    end
    for key, value in pairs(left) do
        if not same(value, right[key]) then
            return false
        end
    end
    for key in pairs(right) do
        if left[key] == nil then
            return false
        end
    end
    return true
end

local function record(text)
    return {
        log = 'a "quoted" line\n\\ with ' .. text .. " in it, é 😀 \1",
        nested = { list = { 1, text, true, { deep = text } }, empty = {}, number = 12.5, big = 2 ^ 60 },
        [text] = "a key",
    }
end

-- What is clean is told as such, and stays.
local clean = record("nothing")
local code, timestamp, out = keepmum("app", 7, clean)
assert(code == 0 and timestamp == 7 and same(out, record("nothing")))

-- What is not is changed, and nothing else of it.
code, timestamp, out = keepmum("app", 7, record(SECRET))
assert(code == 2 and timestamp == 7 and same(out, record(GONE)))

-- A secret that is spelled with escapes is found as what it says, in the value of a key that tells too.
code, _, out = keepmum("app", 7, { password = "hunter2-x\"y\\z" })
assert(code == 2 and not out.password:find("hunter2"), out.password)

-- Names that become the same are two still.
code, _, out = keepmum("app", 7, { ["x " .. SECRET] = 1, ["x " .. GONE] = 2 })
assert(code == 2 and out["x " .. GONE] == 2 and out["x " .. GONE .. " 2"] == 1)

-- What goes wrong drops the record, and says nothing of it.
local loop = { text = SECRET }
loop.loop = loop
code, _, out = keepmum("app", 7, loop)
assert(code == -1 and next(out) == nil)

-- Metadata, and attributes of a group, which cannot be changed.
local metadata
code, timestamp, metadata, out = keepmum_metadata("app", 7, {}, { m = SECRET }, { b = SECRET })
assert(code == 2 and metadata.m == GONE and out.b == GONE)
code, _, metadata, out = keepmum_metadata("app", 7, { r = "x" }, { m = "clean" }, { b = "clean" })
assert(code == 0 and metadata.m == "clean" and out.b == "clean")
code, _, metadata, out = keepmum_metadata("app", 7, { r = SECRET }, { m = "clean" }, { b = "clean" })
assert(code == -1 and next(metadata) == nil and next(out) == nil)

print("good")
