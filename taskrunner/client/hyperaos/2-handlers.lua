-- taskrunner's HyperAOS boot, part 2: Handlers, the list of {name, pattern, handle} that a message is tried on in order.
-- A pattern is an action name, a table of tags, a function, or absent (then the handler's name is the action).

Handlers = { list = {}, utils = {} }

local RUN, CONTINUE, SKIP = "break", "continue", "skip"

-- The tag `name` of a message wherever it is: on the message, in its Tags, in the body that the node delivered.
local function field(msg, name)
  local value = boot.get(msg, name)
  if value == nil and msg.Tags then value = boot.get(msg.Tags, name) end
  if value == nil and msg.body then value = boot.get(msg.body, name) end
  return value
end
boot.field = field

local function has_magic(text)
  return string.find(text, "[%^%$%(%)%%%.%[%]%*%+%?]") ~= nil
end

local function value_matches(value, wanted, msg)
  local kind = type(wanted)
  if kind == "function" then return wanted(value, msg) and true or false end
  if value == nil then return false end
  if wanted == "_" then return true end
  if kind == "table" then
    for index = 1, #wanted do
      if value_matches(value, wanted[index], msg) then return true end
    end
    return false
  end
  local text = boot.text(value)
  if kind == "string" and has_magic(wanted) and string.match(text, wanted) then return true end
  return text == boot.text(wanted)
end

local function verdict(result)
  if result == true or result == -1 or result == RUN then return RUN end
  if result == 1 or result == 2 or result == CONTINUE then return CONTINUE end
  return SKIP
end

local function match(msg, pattern)
  local kind = type(pattern)
  if kind == "function" then return verdict(pattern(msg)) end
  if kind == "string" then return field(msg, "Action") == pattern and RUN or SKIP end
  for name, wanted in pairs(pattern) do
    if not value_matches(field(msg, name), wanted, msg) then return SKIP end
  end
  return RUN
end
Handlers.utils.matchesSpec = function (msg, pattern) return match(msg, pattern) ~= SKIP end

local function position(name)
  for index, handler in ipairs(Handlers.list) do
    if handler.name == name then return index end
  end
end

local function expect(name, pattern, handle)
  local kinds = { ["function"] = true, ["table"] = true, ["string"] = true }
  if type(name) ~= "string" then error("Handlers: the name must be text, got a " .. type(name)) end
  if not kinds[type(pattern)] then
    error("Handlers: the pattern of '" .. name .. "' must be an action name, a table of tags or a function, got a " .. type(pattern))
  end
  if type(handle) ~= "function" and type(handle) ~= "table" then
    error("Handlers: the handler of '" .. name .. "' must be a function, got a " .. type(handle))
  end
end

-- (name, handle) is (name, name, handle): the name is the action.
local function entry(name, pattern, handle, max_runs)
  if handle == nil then pattern, handle = name, pattern end
  expect(name, pattern, handle)
  return { name = name, pattern = pattern, handle = handle, maxRuns = max_runs }
end

local function place(handler, index)
  local known = position(handler.name)
  if known then
    Handlers.list[known] = handler
  else
    table.insert(Handlers.list, index or #Handlers.list + 1, handler)
  end
  return #Handlers.list
end

function Handlers.add(name, pattern, handle, max_runs)
  return place(entry(name, pattern, handle, max_runs))
end

Handlers.append = Handlers.add

function Handlers.prepend(name, pattern, handle, max_runs)
  return place(entry(name, pattern, handle, max_runs), 1)
end

function Handlers.once(name, pattern, handle)
  local handler = entry(name, pattern, handle, 1)
  handler.maxRuns = 1
  return place(handler, 1)
end

local function beside(offset)
  return function (name)
    local index = position(name)
    return {
      add = function (new_name, pattern, handle, max_runs)
        if index then return place(entry(new_name, pattern, handle, max_runs), index + offset) end
        error("Handlers: there is no handler named '" .. tostring(name) .. "'")
      end,
    }
  end
end
Handlers.before = beside(0)
Handlers.after = beside(1)

function Handlers.remove(name)
  local index = position(name)
  if index then table.remove(Handlers.list, index) end
  return index ~= nil
end

-- A handler may be a table {pattern = function}; the first pattern that matches runs.
function Handlers.generateResolver(table_of_patterns)
  return function (msg)
    for pattern, handle in pairs(table_of_patterns) do
      if match(msg, pattern) ~= SKIP then return handle(msg) end
    end
  end
end

local function count_run(handler)
  if handler.maxRuns and handler.maxRuns ~= "inf" then
    handler.maxRuns = handler.maxRuns - 1
    if handler.maxRuns <= 0 then Handlers.remove(handler.name) end
  end
end

-- Runs what matches. Answers whether a handler took the message; the handler's name is kept for an error's text.
function Handlers.evaluate(msg, env)
  local list = {}
  for index, handler in ipairs(Handlers.list) do list[index] = handler end
  for _, handler in ipairs(list) do
    boot.running = handler.name
    local decision = match(msg, handler.pattern)
    if decision ~= SKIP then
      count_run(handler)
      local handle = handler.handle
      if type(handle) == "table" then handle = Handlers.generateResolver(handle) end
      handle(msg, env)
      if decision == RUN then
        boot.running = nil
        return true
      end
    end
  end
  boot.running = nil
  return false
end

function Handlers.receive()
  return "not implemented"
end

function Handlers.utils.hasMatchingTag(name, value)
  return function (msg) return field(msg, name) == value end
end

function Handlers.utils.hasMatchingTagOf(name, values)
  return function (msg)
    for _, value in ipairs(values) do
      if field(msg, name) == value then return RUN end
    end
    return SKIP
  end
end

function Handlers.utils.hasMatchingData(value)
  return function (msg) return msg.Data == value end
end

-- Answers text with that data, a table with a copy of it: the same table may answer many messages.
function Handlers.utils.reply(input)
  return function (msg)
    if type(input) ~= "table" then return msg.reply({ Data = boot.text(input) }) end
    local copy = {}
    for key, value in pairs(input) do copy[key] = value end
    return msg.reply(copy)
  end
end

function Handlers.utils.continue(pattern)
  return function (msg)
    return match(msg, pattern) ~= SKIP and CONTINUE or SKIP
  end
end
