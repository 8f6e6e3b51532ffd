-- keepmum for Fluent Bit's own Lua filter, over the C library: where loading a plugin is not wanted.
--
-- `call keepmum` sees the bodies of records; `call keepmum_metadata` (Fluent Bit 4.1 and later) their metadata too. What goes wrong
-- drops the record: an error that reached Fluent Bit would pass the whole chunk as it is.

local ffi = require("ffi")

ffi.cdef [[
typedef struct { uint8_t *data; size_t len; } keepmum_buffer;
int keepmum_new(const char *config_path, void *warn, void *warn_ctx, void **out);
int keepmum_redact_json(const void *redactor, const uint8_t *input, size_t len, keepmum_buffer *out);
void keepmum_buffer_free(keepmum_buffer *buffer);
const char *keepmum_last_error(void);
]]

local library = ffi.load(os.getenv("KEEPMUM_LIBRARY") or "keepmum")
local config = os.getenv("KEEPMUM_CONFIG") or error("keepmum: the variable KEEPMUM_CONFIG names no keepmum.toml")

local made = ffi.new("void *[1]")
if library.keepmum_new(config, nil, nil, made) ~= 0 then
    error("keepmum: " .. ffi.string(library.keepmum_last_error()))
end
local redactor = made[0]
local buffer = ffi.new("keepmum_buffer")

-- How deep tables are followed. What is deeper drops the record.
local DEEPEST = 100

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(text)
    local escaped = text:gsub('[%c"\\]', function(byte)
        return ESCAPES[byte] or (byte == "\127" and byte) or string.format("\\u%04x", byte:byte())
    end)
    return '"' .. escaped .. '"'
end

local function number(value)
    if value ~= value or value == math.huge or value == -math.huge then
        return "null"
    end
    if value == math.floor(value) and math.abs(value) < 2 ^ 53 then
        return string.format("%.0f", value)
    end
    return string.format("%.17g", value)
end

local function is_array(value)
    local count = 0
    for _ in pairs(value) do
        count = count + 1
    end
    return count == #value
end

-- Writes a value as JSON into `out`, and into `places` where each leaf and key stands, in the order in which they are written.
local function write(value, holder, key, out, places, depth)
    local kind = type(value)
    if kind ~= "table" then
        places[#places + 1] = { holder = holder, key = key }
        out[#out + 1] = kind == "string" and quoted(value) or kind == "number" and number(value)
            or kind == "boolean" and tostring(value) or "null"
        return
    end
    if depth == DEEPEST then
        error("a record is nested too deep")
    end
    local array = is_array(value)
    local before = array and "[" or "{"
    for name, inner in (array and ipairs or pairs)(value) do
        out[#out + 1] = before
        before = ","
        if not array then
            places[#places + 1] = { name = name, of = value }
            out[#out + 1] = quoted(tostring(name))
            out[#out + 1] = ":"
        end
        write(inner, value, name, out, places, depth + 1)
    end
    if before ~= "," then
        out[#out + 1] = before
    end
    out[#out + 1] = array and "]" or "}"
end

local PLAIN = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function character(code)
    if code < 0x80 then
        return string.char(code)
    elseif code < 0x800 then
        return string.char(0xC0 + math.floor(code / 0x40), 0x80 + code % 0x40)
    end
    return string.char(0xE0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

local function unquoted(text)
    if not text:find("\\", 1, true) then
        return text
    end
    local plain = text:gsub("\\(.)(%x?%x?%x?%x?)", function(kind, digits)
        if kind == "u" then
            return character(tonumber(digits, 16))
        end
        return (PLAIN[kind] or kind) .. digits
    end)
    return plain
end

-- The end of the string that begins at `from`.
local function string_end(text, from)
    local at = from + 1
    while true do
        local found = text:find('["\\]', at)
        if text:byte(found) == 34 then
            return found
        end
        at = found + 2
    end
end

-- Reads the leaves and keys of JSON back into where they stood.
local function read(text, places)
    local at, renamed = 1, {}
    for _, place in ipairs(places) do
        local from = assert(text:find('[^%[%]{}:,]', at), "the result has another shape")
        local value
        if text:byte(from) == 34 then
            local last = string_end(text, from)
            value = unquoted(text:sub(from + 1, last - 1))
            at = last + 1
        else
            local last = select(2, text:find("^[^%[%]{}:,]+", from))
            at = last + 1
        end
        if place.of then
            if value ~= tostring(place.name) then
                renamed[#renamed + 1] = { place = place, name = value }
            end
        elseif value ~= nil then
            place.holder[place.key] = value
        end
    end
    -- Names last: until then values are put under the old ones.
    for _, rename in ipairs(renamed) do
        local of, old, name, met = rename.place.of, rename.place.name, rename.name, 1
        local value = of[old]
        of[old] = nil
        while of[name] ~= nil do
            met = met + 1
            name = rename.name .. " " .. met
        end
        of[name] = value
    end
end

-- Redacts a table in place; whether something changed.
local function redact(record)
    local out, places = {}, {}
    write(record, nil, nil, out, places, 0)
    local text = table.concat(out)
    local status = library.keepmum_redact_json(redactor, ffi.cast("const uint8_t *", text), #text, buffer)
    if status ~= 0 then
        error(ffi.string(library.keepmum_last_error()))
    end
    local result = ffi.string(buffer.data, buffer.len)
    library.keepmum_buffer_free(buffer)
    if result == text then
        return false
    end
    read(result, places)
    return true
end

local function dropped(why)
    io.stderr:write("[keepmum.lua] dropped a record: ", tostring(why), "\n")
end

function keepmum(tag, timestamp, record)
    local good, changed = pcall(redact, record)
    if not good then
        dropped(changed)
        return -1, timestamp, {}
    end
    return changed and 2 or 0, timestamp, record
end

function keepmum_metadata(tag, timestamp, group, metadata, record)
    local good, changed = pcall(function()
        -- Attributes of a group cannot be changed from here.
        if redact(group) then
            error("there is a secret in its group's attributes")
        end
        local in_metadata, in_record = redact(metadata), redact(record)
        return in_metadata or in_record
    end)
    if not good then
        dropped(changed)
        return -1, timestamp, {}, {}
    end
    return changed and 2 or 0, timestamp, metadata, record
end
