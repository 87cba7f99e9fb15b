-- taskrunner's HyperAOS boot, part 3: what a message is, `ao`, Eval, and the `compute` that the node calls for each slot.
-- In:  req = { slot = 3, body = { action = "Inc", data = "..", commitments = {..}, ["from-process"] = ".." } }
-- Out: base.results = { info = "hyper-aos", outbox = { ["1"] = {..} }, output = { data = "..", prompt = "aos> " } }

Inbox = {}
Errors = {}
local inbox_count = 0
local handled_spawn = false
local printed = {}

local own = { id = "", env = {}, authorities = {}, reference = 0, outbox = {}, count = 0 }

-- The signature that says who sent: the commitment with a committer. Answers its id and the committer's address.
local function signer(message)
  for id, commitment in pairs(message.commitments or {}) do
    if type(commitment) == "table" and commitment.committer then return id, commitment.committer end
  end
end

-- Looks a name up on the message, then in its body, in either spelling.
local message_mt = {
  __index = function (msg, name)
    if type(name) ~= "string" then return nil end
    return boot.get(rawget(msg, "body") or {}, name)
  end,
}
local tags_mt = {
  __index = function (tags, name)
    return type(name) == "string" and rawget(tags, boot.header_case(string.lower(name))) or nil
  end,
}

local not_tags = { commitments = true, data = true, target = true, body = true }

local function tags_of(body)
  local tags = {}
  for name, value in pairs(body) do
    if type(name) == "string" and not not_tags[name] and type(value) ~= "table" then
      tags[boot.header_case(name)] = value
    end
  end
  return setmetatable(tags, tags_mt)
end

local function sender_of(body, owner)
  return body["from-process"] or owner or body.from
end

-- How an answer to a message looks before it is sent: addressed to the sender, with the references that link them.
local function answer(msg, reply)
  if type(reply) ~= "table" then error("msg.reply needs a table such as { Data = \"..\" }, got a " .. type(reply)) end
  local out = {}
  for key, value in pairs(reply) do out[key] = value end
  if out.target == nil and out.Target == nil then out.target = msg.From end
  local reference = boot.get(msg.body, "reference")
  if reference ~= nil then out["x-reference"] = out["x-reference"] or reference end
  local origin = boot.get(msg.body, "x-origin")
  if origin ~= nil then out["x-origin"] = out["x-origin"] or origin end
  return out
end

local function message_of(req)
  local body = req.body or {}
  local id, owner = signer(body)
  local msg = {
    body = body,
    Id = id,
    Owner = owner,
    From = sender_of(body, owner),
    Data = body.data,
    Action = body.action,
    Target = body.target,
    Tags = tags_of(body),
    Timestamp = req.timestamp,
    Slot = req.slot,
    ["Block-Height"] = req["block-height"],
    slot = req.slot,
    timestamp = req.timestamp,
    ["block-height"] = req["block-height"],
    ["block-timestamp"] = req["block-timestamp"],
    process = req.process,
    path = req.path,
    commitments = req.commitments,
  }
  msg.reply = function (reply) return ao.send(answer(msg, reply)) end
  msg.forward = function (target, changes)
    local out = {}
    for name, value in pairs(msg.Tags) do out[name] = value end
    out.Data = msg.Data
    for name, value in pairs(changes or {}) do out[name] = value end
    out.Target, out.target = nil, target
    out["X-Origin"] = out["X-Origin"] or msg.From
    return ao.send(out)
  end
  return setmetatable(msg, message_mt)
end

local function not_implemented()
  return "not implemented"
end

-- Puts a copy into the outbox, with a reference of its own. Delivery is asynchronous: there is nothing to receive here.
function own.send(message)
  if type(message) ~= "table" then error("ao.send needs a table such as { Target = .., Action = .. }, got a " .. type(message)) end
  local out = {}
  for key, value in pairs(message) do
    if type(value) ~= "function" then out[key] = value end
  end
  own.reference = own.reference + 1
  own.count = own.count + 1
  if out.target == nil then out.target = out.Target end
  out.Target = nil
  out.reference = tostring(own.reference)
  own.outbox[tostring(own.count)] = out
  local sent = {}
  for key, value in pairs(out) do sent[key] = value end
  sent.receive = not_implemented
  sent.onReply = function (handle)
    local reference = out.reference
    Handlers.once("_reply_" .. reference, function (msg)
      return boot.field(msg, "x-reference") == reference
    end, handle)
    return sent
  end
  return sent
end

-- Spawns are recorded in the outbox as type Process; no node performs them yet.
function own.spawn(module, message)
  if type(module) ~= "string" or module == "" then error("Module source id is required!") end
  if type(message) ~= "table" then error("ao.spawn needs a table of tags, got a " .. type(message)) end
  local out = { Type = "Process", module = module }
  for key, value in pairs(message) do out[key] = value end
  return own.send(out)
end

local function listed(list, address)
  for _, known in ipairs(list) do
    if known == address then return true end
  end
  return false
end

-- A wallet's own message is trusted; a message in a process's name only if that process or its signer is an authority.
function own.isTrusted(msg)
  local from = msg.body and msg.body["from-process"]
  if from == nil or from == msg.Owner then return true end
  return listed(ao.authorities, from) or listed(ao.authorities, msg.Owner)
end

function __AddAuthority(address)
  if type(address) ~= "string" then error("__AddAuthority needs an address, got a " .. type(address)) end
  if not listed(ao.authorities, address) then table.insert(ao.authorities, address) end
  return #ao.authorities
end

ao = own
Send = own.send
Spawn = own.spawn
Name = "aos"

-- The node puts its own `ao` (event, resolve, set) beside ours when the process starts; ours stays reachable through it.
local function adopt()
  if ao == own then return end
  for key, value in pairs(ao) do
    if own[key] == nil then own[key] = value end
  end
  ao = own
end

local function show(value)
  if type(value) == "table" then
    local ok, text = pcall(json.encode, value)
    return ok and text or tostring(value)
  end
  return boot.text(value)
end

function print(...)
  local parts = {}
  for index = 1, select("#", ...) do parts[index] = show((select(index, ...))) end
  printed[#printed + 1] = table.concat(parts, " ")
end

local function line(text)
  if text ~= nil and text ~= "" then printed[#printed + 1] = text end
end

-- Runs the owner's text: an expression's value is shown, a statement's effects stay. Raises what the text raises.
local function evaluate(msg)
  local source = msg.Data or ""
  local chunk, problem = load("return " .. source)
  if not chunk then chunk, problem = load(source) end
  if not chunk then error("Eval: " .. tostring(problem)) end
  local value = chunk()
  if value ~= nil then line(show(value)) end
end

local function is_owner(msg)
  return msg.Owner ~= nil and msg.Owner == Owner
end

local function receive(msg)
  if msg.Action == "Eval" and is_owner(msg) then
    evaluate(msg)
    return "Eval"
  end
  if msg.Action == "__AddAuthority" and is_owner(msg) then
    __AddAuthority(boot.field(msg, "Authority") or boot.field(msg, "Address") or msg.Data)
    return "authority"
  end
  if Handlers.evaluate(msg, own.env) then return "handled" end
  inbox_count = inbox_count + 1
  Inbox[inbox_count] = msg
  line("New Message")
  return "inbox"
end

-- What scripts written for AOS require. There is no file system to load from, so the names are given here.
package.loaded[".json"], package.loaded["json"] = json, json
package.loaded[".base64"] = base64
package.loaded[".handlers"], package.loaded[".ao"] = Handlers, own

local function first_slot(base, req)
  if handled_spawn then return end
  handled_spawn = true
  local process = base.process or req.body or {}
  local id, owner = signer(process)
  Owner = Owner or owner
  own.id = req.process or id or ""
  own.env = { Process = { Id = own.id, Owner = owner, Tags = tags_of(process) } }
end

local function result(data, extra)
  local output = { data = data }
  for key, value in pairs(extra or {}) do output[key] = value end
  return { info = "hyper-aos", outbox = own.outbox, output = output }
end

-- One slot. An error in a handler is an answer: its text in output.data and output.error, the state kept, later slots fine.
function compute(base, req, opts)
  adopt()
  first_slot(base, req)
  own.outbox, own.count, printed = {}, 0, {}
  local msg = message_of(req)
  if not own.isTrusted(msg) then
    base.results = result("Message is not trusted.")
    return base
  end
  local ok, outcome = pcall(receive, msg)
  local text = table.concat(printed, "\n")
  if ok then
    base.results = result(text, { prompt = "aos> ", print = outcome ~= "Eval" or nil })
    return base
  end
  local where = boot.running and "handler '" .. boot.running .. "'" or "Eval"
  boot.running = nil
  Errors[#Errors + 1] = outcome
  local problem = "error in " .. where .. ": " .. tostring(outcome)
  base.results = result(text == "" and problem or text .. "\n" .. problem, { error = tostring(outcome), ["in"] = where })
  return base
end
