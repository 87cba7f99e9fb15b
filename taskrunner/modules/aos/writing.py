"""Writes the skeleton of a HyperAOS script from its section of the plan: one handler for each action.

It shares its input parsers with Lua modules' skeletons and is never written over anything.
"""

from __future__ import annotations

from taskrunner.core.plan import Action, Kind, PlanModule
from taskrunner.modules.lua import helpers
from taskrunner.modules.lua.luatext import comment, index, initial, quoted
from taskrunner.modules.lua.writing import cell, needs_json, parsers, read_input, spelled

REPLIES = """\
-- Answers the sender with a text.
local function reply(msg, data)
  msg.reply({ Data = data })
end

-- Refuses: an error reply. error() would lose the messages that the handler sent before.
local function fail(msg, problem)
  msg.reply({ Data = "error: " .. problem, Error = problem })
end
"""

UNKNOWN = """\
-- Actions that no handler has. Answers and notices of other processes are left alone, and so is the owner's Eval.
Handlers.append("unknown action", function (msg)
  local action = msg.body.action
  return action ~= nil and action ~= "Eval" and msg.body["from-process"] == nil
end, function (msg)
  fail(msg, "unknown action " .. tostring(msg.body.action))
end)
"""


def write(module: PlanModule) -> str:
    """The whole text of `src/{name}.lua`."""
    types = {param.type for action in module.actions for param in action.params}
    blocks = [_head(module), _state(module), helpers.INTSTR]
    if types:
        blocks += [*parsers(types), helpers.INPUT]
    if needs_json(module):
        blocks.append(helpers.TO_JSON)
    blocks.append(REPLIES)
    blocks += [_handler(action) for action in module.actions]
    if _refuses_unknown(module):
        blocks.append(UNKNOWN)
    return "\n".join(blocks)


def _head(module: PlanModule) -> str:
    lines = comment(f"{module.name}: {module.summary}" if module.summary else module.name)
    lines += comment("A HyperAOS script, begun by taskrunner from plan.md; yours from here on.")
    return "\n".join(lines) + "\n"


def _state(module: PlanModule) -> str:
    lines = comment("A global stays when the script is evaluated again.")
    lines.append("State = State or {")
    for var in module.state:
        value = initial(var.type, var.initial)
        lines.append(f"  {index('', var.name).lstrip('.')} = {value}, -- {cell(var.type)}")
    if lines[-1].endswith("{"):
        lines[-1] = "State = State or {}"
    else:
        lines.append("}")
    return "\n".join(lines) + "\n"


def _handler(action: Action) -> str:
    params = ", ".join(spelled(param) for param in action.params)
    name = quoted(action.name)
    lines = [f"-- | {cell(action.name)} | {cell(params)} | {cell(action.state)} | {cell(action.reply)} |"]
    lines.append(f"Handlers.add({name}, {name}, function (msg)")
    for param in action.params:
        lines += read_input(param)
    lines += [f"  return fail(msg, {quoted(f'not implemented: {action.name}')})", "end)"]
    return "\n".join(lines) + "\n"


def _refuses_unknown(module: PlanModule) -> bool:
    """Whether an example expects an error for an action that the plan does not name."""
    return any(
        module.action(send.action) is None and any(expect.kind is Kind.ERROR for expect in expects)
        for example in module.examples
        for send, expects in zip(example.sends, example.replies, strict=False)
    )
