"""The Lua helpers that a skeleton needs, as text: only those that a plan's types ask for are written.

Each is written for Luerl 1.3: no gmatch, no goto, `tonumber` only where a float is meant (LUERL §1), and integers read
in pieces because a float would round amounts beyond 15 digits.
"""

from __future__ import annotations

INTSTR = """\
-- Text of a whole number. In production tostring(tonumber("100")) is "100.0", and 1000.0 prints as "1.0e3".
local function intstr(n)
  return tostring(math.tointeger(n) or n)
end
"""

PARSERS: dict[str, str] = {
    "int": """\
-- Digits as a whole number, 15 at a time: tonumber gives floats, which are exact only that far.
local function digits(text)
  if #text <= 15 then return math.tointeger(tonumber(text)) end
  return digits(text:sub(1, -16)) * 1000000000000000 + digits(text:sub(-15))
end

-- A whole number from a number or its digits; nil for anything else.
function parse.int(value)
  if type(value) == "number" then
    if value ~= math.floor(value) then return nil end
    return math.floor(value)
  end
  if type(value) ~= "string" or not value:match("^-?%d+$") then return nil end
  if value:sub(1, 1) == "-" then return -digits(value:sub(2)) end
  return digits(value)
end
""",
    "number": """\
-- A number (tonumber gives a float in production); nil for anything else.
function parse.number(value)
  if type(value) == "number" then return value end
  if type(value) ~= "string" or not value:match("^-?%d+%.?%d*$") then return nil end
  return tonumber(value)
end
""",
    "bool": """\
-- true or false; nil for anything else.
function parse.bool(value)
  if value == true or value == "true" then return true end
  if value == false or value == "false" then return false end
  return nil
end
""",
    "address": """\
-- An address: 43 characters of base64url; nil for anything else.
function parse.address(value)
  if type(value) == "string" and #value == 43 and value:match("^[%w_-]+$") then return value end
  return nil
end
""",
    "string": """\
-- A text; numbers and booleans that arrived typed become text again.
function parse.string(value)
  if type(value) == "string" then return value end
  if type(value) == "number" then return intstr(value) end
  if type(value) == "boolean" then return tostring(value) end
  return nil
end
""",
    "json": """\
-- A JSON text as a Lua value; nil if it is not JSON (a JSON null too). No library reads JSON in production.
local json_value

local function json_space(s, i)
  while i <= #s and (s:byte(i) == 32 or (s:byte(i) >= 9 and s:byte(i) <= 13)) do i = i + 1 end
  return i
end

local json_escapes = { b = "\\b", f = "\\f", n = "\\n", r = "\\r", t = "\\t" }
json_escapes['"'], json_escapes["\\\\"], json_escapes["/"] = '"', "\\\\", "/"

local function json_string(s, i)
  local parts, n = {}, 0
  while i <= #s do
    local c = s:sub(i, i)
    if c == '"' then return table.concat(parts), i + 1 end
    if c == "\\\\" then
      local e = s:sub(i + 1, i + 1)
      if e == "u" then
        local hex = s:sub(i + 2, i + 5)
        if not hex:match("^%x%x%x%x$") then return nil end
        local code = math.floor(tonumber(hex, 16))
        if code >= 55296 and code <= 57343 then return nil end
        c, i = utf8.char(code), i + 6
      else
        c, i = json_escapes[e], i + 2
        if not c then return nil end
      end
    else
      i = i + 1
    end
    n = n + 1
    parts[n] = c
  end
  return nil
end

local function json_number(s, i)
  local j = i
  while j <= #s and s:sub(j, j):match("[%d%.eE+-]") do j = j + 1 end
  local text = s:sub(i, j - 1)
  if text:match("^-?%d+$") then return parse.int(text), j end
  if text:match("^-?%d+%.%d+$") or text:match("^-?%d+%.?%d*[eE][+-]?%d%d?$") then return tonumber(text), j end
  return nil
end

local function json_list(s, i)
  local list, n = {}, 0
  i = json_space(s, i)
  if s:sub(i, i) == "]" then return list, i + 1 end
  while true do
    local item, after = json_value(s, i)
    if not after then return nil end
    n = n + 1
    list[n] = item
    i = json_space(s, after)
    local c = s:sub(i, i)
    if c == "]" then return list, i + 1 end
    if c ~= "," then return nil end
    i = i + 1
  end
end

local function json_map(s, i)
  local map = {}
  i = json_space(s, i)
  if s:sub(i, i) == "}" then return map, i + 1 end
  while true do
    i = json_space(s, i)
    if s:sub(i, i) ~= '"' then return nil end
    local key, after = json_string(s, i + 1)
    if not key then return nil end
    i = json_space(s, after)
    if s:sub(i, i) ~= ":" then return nil end
    local item
    item, after = json_value(s, i + 1)
    if not after then return nil end
    map[key] = item
    i = json_space(s, after)
    local c = s:sub(i, i)
    if c == "}" then return map, i + 1 end
    if c ~= "," then return nil end
    i = i + 1
  end
end

function json_value(s, i)
  i = json_space(s, i)
  local c = s:sub(i, i)
  if c == "{" then return json_map(s, i + 1) end
  if c == "[" then return json_list(s, i + 1) end
  if c == '"' then return json_string(s, i + 1) end
  if s:sub(i, i + 3) == "true" then return true, i + 4 end
  if s:sub(i, i + 4) == "false" then return false, i + 5 end
  if s:sub(i, i + 3) == "null" then return nil, i + 4 end
  return json_number(s, i)
end

function parse.json(value)
  if type(value) == "table" then return value end
  if type(value) ~= "string" then return nil end
  local result, after = json_value(value, 1)
  if not after or json_space(value, after) <= #value then return nil end
  return result
end
""",
}

TO_JSON = """\
-- A value as JSON text: tables with a first element are lists, others maps with their keys in order.
local json_text

local function json_quoted(s)
  local parts = {}
  for i = 1, #s do
    local b = s:byte(i)
    if b == 34 or b == 92 then
      parts[i] = string.char(92, b)
    elseif b < 32 then
      parts[i] = "\\\\u00" .. string.format("%02x", b)
    else
      parts[i] = s:sub(i, i)
    end
  end
  return '"' .. table.concat(parts) .. '"'
end

function json_text(value)
  if type(value) == "string" then return json_quoted(value) end
  if type(value) == "number" then return intstr(value) end
  if type(value) ~= "table" then return tostring(value == nil and "null" or value) end
  local parts, n = {}, 0
  if value[1] ~= nil then
    for i, item in ipairs(value) do parts[i] = json_text(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do
    n = n + 1
    parts[n] = json_quoted(tostring(key)) .. ":" .. json_text(item)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end
"""

# What a parser calls besides itself.
NEEDS: dict[str, tuple[str, ...]] = {"json": ("int",)}

INPUT = """\
-- One input of a message: its tag (or data) in either spelling. Second result: what is wrong with it.
local function input(msg, name, kind, default, optional)
  local value = msg.body[name]
  if value == nil then value = msg.body[name:lower()] end
  if value == nil then
    if default ~= nil or optional then return default end
    return nil, "missing " .. name
  end
  local parsed = parse[kind](value)
  if parsed == nil then return nil, "invalid " .. name end
  return parsed
end
"""

REPLIES = """\
-- Who signed the message. A tag `From` is whatever the sender wrote, so it proves nothing.
local function signer(body)
  for _, commitment in pairs(body.commitments or {}) do
    if type(commitment) == "table" and commitment.committer then return commitment.committer end
  end
  return nil
end

-- Puts a message into the outbox: send(msg, { target = address, data = "...", Action = "Credit-Notice" }).
local function send(msg, message)
  msg.sent = msg.sent + 1
  msg.outbox[tostring(msg.sent)] = message
end

-- Answers the sender with a text: reply(msg, intstr(state.count)).
local function reply(msg, data)
  msg.output.data = data
  send(msg, { target = msg.from, data = data })
end

-- Refuses: an error reply. error() or a bad status would end the process for good.
local function fail(msg, problem)
  msg.output.data = "error: " .. problem
  send(msg, { target = msg.from, data = "error: " .. problem, Error = problem })
end
"""

COMPUTE = """\
-- HyperBEAM calls this for every slot; slot 0 is the Process message itself, which has no action.
function compute(base, req, opts)
  local body = req.body or {}
  local action = body.Action or body.action or req.Action or req.action
  local msg = { body = body, from = signer(body), sent = 0, outbox = {}, output = {} }
  if action ~= nil and body.type ~= "Process" then
    local run = actions[action]
    if run then run(msg) else fail(msg, "unknown action " .. tostring(action)) end
  end
  base.results = { outbox = msg.outbox, output = msg.output }
  return base
end
"""
