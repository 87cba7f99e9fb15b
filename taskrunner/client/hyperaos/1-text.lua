-- taskrunner's HyperAOS boot, part 1: text helpers, JSON and base64.
-- Written for Luerl 1.3: no gmatch, no coroutine, no goto; `tonumber` gives floats, so whole numbers are read digit by digit.

local boot = {}

-- `X-One` and `x-one` name the same tag; a body arrives in lower case, documentation writes Header-Case.
function boot.header_case(name)
  local text = string.gsub("-" .. name, "%-(%l)", function (letter) return "-" .. string.upper(letter) end)
  return string.sub(text, 2)
end

function boot.get(tbl, name)
  local value = tbl[name]
  if value == nil and type(name) == "string" then value = tbl[string.lower(name)] end
  return value
end

-- The text of a value as a person reads it: 5.0 is "5".
function boot.text(value)
  if math.type(value) == "float" and value == math.floor(value) and value < 1.0e15 and value > -1.0e15 then
    return string.format("%d", value)
  end
  return tostring(value)
end

json = {}

local escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function quote(text)
  local escaped = string.gsub(text, '[%c"\\]', function (char)
    return escapes[char] or string.format("\\u%04x", string.byte(char))
  end)
  return '"' .. escaped .. '"'
end

local encode

local function encode_table(value, seen)
  if seen[value] then error("json: a table contains itself") end
  seen[value] = true
  local parts, count, length = {}, 0, 0
  for _ in pairs(value) do length = length + 1 end
  local list = length > 0
  for index = 1, length do
    if value[index] == nil then list = false break end
  end
  if list or length == 0 then
    for index = 1, length do parts[index] = encode(value[index], seen) end
    seen[value] = nil
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do
    count = count + 1
    parts[count] = quote(boot.text(key)) .. ":" .. encode(item, seen)
  end
  seen[value] = nil
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, seen)
  local kind = type(value)
  if kind == "table" then return encode_table(value, seen) end
  if kind == "string" then return quote(value) end
  if kind == "number" then return boot.text(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "nil" then return "null" end
  error("json: cannot encode a " .. kind)
end

-- json.encode(value): an empty table is `[]`, keys are sorted, whole floats print as integers.
function json.encode(value)
  return encode(value, {})
end

local decode

local function skip(text, at)
  local _, last = string.find(text, "^[ \t\r\n]+", at)
  return last and last + 1 or at
end

local function fail(text, at)
  error("json: unexpected " .. (at > #text and "end of text" or "character") .. " at byte " .. boot.text(at))
end

local function utf8_text(code)
  if code < 128 then return string.char(code) end
  if code < 2048 then return string.char(192 + code // 64, 128 + code % 64) end
  if code < 65536 then
    return string.char(224 + code // 4096, 128 + code // 64 % 64, 128 + code % 64)
  end
  return string.char(240 + code // 262144, 128 + code // 4096 % 64, 128 + code // 64 % 64, 128 + code % 64)
end

local function hex(text, at)
  local code = 0
  for index = at, at + 3 do
    local byte = string.byte(text, index) or 0
    if byte >= 48 and byte <= 57 then code = code * 16 + byte - 48
    elseif byte >= 97 and byte <= 102 then code = code * 16 + byte - 87
    elseif byte >= 65 and byte <= 70 then code = code * 16 + byte - 55
    else fail(text, index) end
  end
  return code
end

local plain = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function decode_string(text, at)
  local parts, count = {}, 0
  while true do
    local stop = string.find(text, '["\\]', at)
    if not stop then fail(text, #text + 1) end
    if stop > at then
      count = count + 1
      parts[count] = string.sub(text, at, stop - 1)
    end
    if string.byte(text, stop) == 34 then return table.concat(parts), stop + 1 end
    local escape = string.sub(text, stop + 1, stop + 1)
    at = stop + 2
    count = count + 1
    if escape == "u" then
      local code = hex(text, at)
      at = at + 4
      if code >= 0xD800 and code < 0xDC00 and string.sub(text, at, at + 1) == "\\u" then
        code = 0x10000 + (code - 0xD800) * 1024 + hex(text, at + 2) - 0xDC00
        at = at + 6
      end
      parts[count] = utf8_text(code)
    else
      parts[count] = plain[escape] or fail(text, stop + 1)
    end
  end
end

local function decode_number(text, at)
  local _, last = string.find(text, "^-?%d+", at)
  if not last then fail(text, at) end
  local _, fraction = string.find(text, "^%.%d+", last + 1)
  local _, exponent = string.find(text, "^[eE][+-]?%d+", (fraction or last) + 1)
  local stop = exponent or fraction or last
  if fraction or exponent then return tonumber(string.sub(text, at, stop)), stop + 1 end
  local number, first = 0, at
  if string.byte(text, at) == 45 then first = at + 1 end
  for index = first, last do number = number * 10 + string.byte(text, index) - 48 end
  if first > at then number = -number end
  return number, last + 1
end

local function decode_list(text, at)
  local list, count = {}, 0
  at = skip(text, at)
  if string.byte(text, at) == 93 then return list, at + 1 end
  while true do
    count = count + 1
    list[count], at = decode(text, at)
    at = skip(text, at)
    local byte = string.byte(text, at)
    if byte == 93 then return list, at + 1 end
    if byte ~= 44 then fail(text, at) end
    at = at + 1
  end
end

local function decode_map(text, at)
  local map, key = {}, nil
  at = skip(text, at)
  if string.byte(text, at) == 125 then return map, at + 1 end
  while true do
    at = skip(text, at)
    if string.byte(text, at) ~= 34 then fail(text, at) end
    key, at = decode_string(text, at + 1)
    at = skip(text, at)
    if string.byte(text, at) ~= 58 then fail(text, at) end
    map[key], at = decode(text, at + 1)
    at = skip(text, at)
    local byte = string.byte(text, at)
    if byte == 125 then return map, at + 1 end
    if byte ~= 44 then fail(text, at) end
    at = at + 1
  end
end

function decode(text, at)
  at = skip(text, at)
  local byte = string.byte(text, at)
  if byte == 123 then return decode_map(text, at + 1) end
  if byte == 91 then return decode_list(text, at + 1) end
  if byte == 34 then return decode_string(text, at + 1) end
  if string.sub(text, at, at + 3) == "true" then return true, at + 4 end
  if string.sub(text, at, at + 4) == "false" then return false, at + 5 end
  if string.sub(text, at, at + 3) == "null" then return nil, at + 4 end
  return decode_number(text, at)
end

-- json.decode(text): whole numbers become integers of any size; an error names the byte.
function json.decode(text)
  if type(text) ~= "string" then error("json: decode needs text, got a " .. type(text)) end
  local value, at = decode(text, 1)
  at = skip(text, at)
  if at <= #text then fail(text, at) end
  return value
end

base64 = {}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local digits = {}
for index = 1, 64 do digits[string.byte(alphabet, index)] = index - 1 end
digits[45], digits[95] = 62, 63 -- the URL alphabet's - and _

local function sextet(value)
  return string.sub(alphabet, value + 1, value + 1)
end

function base64.encode(text)
  local parts, count = {}, 0
  for at = 1, #text, 3 do
    local a, b, c = string.byte(text, at, at + 2)
    local group = a * 65536 + (b or 0) * 256 + (c or 0)
    count = count + 1
    parts[count] = sextet(group // 262144) .. sextet(group // 4096 % 64)
      .. (b and sextet(group // 64 % 64) or "=") .. (c and sextet(group % 64) or "=")
  end
  return table.concat(parts)
end

-- base64.decode(text): padding may be missing, both alphabets are read, white space is skipped.
function base64.decode(text)
  local parts, count, group, held = {}, 0, 0, 0
  for at = 1, #text do
    local digit = digits[string.byte(text, at)]
    if digit then
      group, held = group * 64 + digit, held + 6
      if held >= 8 then
        held = held - 8
        count = count + 1
        parts[count] = string.char(group >> held)
        group = group & ((1 << held) - 1)
      end
    end
  end
  return table.concat(parts)
end
