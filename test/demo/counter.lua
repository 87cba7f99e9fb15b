-- counter: Counts. Never below zero.
-- Begun by taskrunner from plan.md; yours from here on.

-- State lives here as long as the process. (In `base`, keys would change case between slots.)
local state = {
  count = 0, -- int
}

-- Text of a whole number. In production tostring(tonumber("100")) is "100.0", and 1000.0 prints as "1.0e3".
local function intstr(n)
  return tostring(math.tointeger(n) or n)
end

local parse = {}

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

local actions = {}

-- | Inc | Amount: int = 1 | count grows by Amount | the new count |
function actions.Inc(msg)
  local amount, amount_problem = input(msg, "Amount", "int", 1)
  if amount_problem then return fail(msg, amount_problem) end
  state.count = state.count + amount
  return reply(msg, intstr(state.count))
end

-- | Dec | Amount: int = 1 | count shrinks, floor 0 | the new count |
function actions.Dec(msg)
  local amount, amount_problem = input(msg, "Amount", "int", 1)
  if amount_problem then return fail(msg, amount_problem) end
  state.count = math.max(0, state.count - amount)
  return reply(msg, intstr(state.count))
end

-- | Get |  |  | the count |
function actions.Get(msg)
  return reply(msg, intstr(state.count))
end

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
