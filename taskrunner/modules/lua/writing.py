"""Writes the skeleton of a Lua module from its section of the plan.

The text is the user's from the moment it is written: short helpers, one function for each action under its plan row,
and `compute` at the end. It is never written over anything.
"""

from __future__ import annotations

from taskrunner.core.plan import Action, Kind, Param, PlanModule
from taskrunner.modules.lua import helpers
from taskrunner.modules.lua.luatext import comment, index, initial, literal, quoted, variable


def write(module: PlanModule) -> str:
    """The whole text of `custom_lua/{name}.lua`."""
    types = {param.type for action in module.actions for param in action.params}
    blocks = [_head(module), _state(module), helpers.INTSTR]
    if types:
        blocks += [*parsers(types), helpers.INPUT]
    if needs_json(module):
        blocks.append(helpers.TO_JSON)
    blocks += [helpers.REPLIES, "local actions = {}\n"]
    blocks += [_action(action) for action in module.actions]
    blocks.append(helpers.COMPUTE)
    return "\n".join(blocks)


def _head(module: PlanModule) -> str:
    lines = comment(f"{module.name}: {module.summary}" if module.summary else module.name)
    lines += comment("Begun by taskrunner from plan.md; yours from here on.")
    return "\n".join(lines) + "\n"


def _state(module: PlanModule) -> str:
    lines = comment("State lives here as long as the process. (In `base`, keys would change case between slots.)")
    lines.append("local state = {")
    for var in module.state:
        value = initial(var.type, var.initial)
        lines.append(f"  {index('', var.name).lstrip('.')} = {value}, -- {cell(var.type)}")
    if len(lines) > 1 and lines[-1].endswith("{"):
        lines[-1] = "local state = {}"
    else:
        lines.append("}")
    return "\n".join(lines) + "\n"


def parsers(types: set[str]) -> list[str]:
    """The parsers of these types and of what they need, as blocks of text."""
    wanted = {kind if kind in helpers.PARSERS else "string" for kind in types}
    wanted |= {need for kind in wanted for need in helpers.NEEDS.get(kind, ())}
    return ["local parse = {}\n", *(text for kind, text in helpers.PARSERS.items() if kind in wanted)]


def needs_json(module: PlanModule) -> bool:
    """Whether some input or some reply of the plan is JSON."""
    expects = [expect for example in module.examples for reply in example.replies for expect in reply]
    takes = any(param.type == "json" for action in module.actions for param in action.params)
    return takes or any(expect.kind is Kind.JSON for expect in expects)


def _action(action: Action) -> str:
    name = action.name
    params = ", ".join(spelled(param) for param in action.params)
    lines = [f"-- | {cell(name)} | {cell(params)} | {cell(action.state)} | {cell(action.reply)} |"]
    head = index("actions", name)
    lines.append(f"function {head}(msg)" if head.startswith("actions.") else f"{head} = function(msg)")
    for param in action.params:
        lines += read_input(param)
    lines += [f"  return fail(msg, {quoted(f'not implemented: {name}')})", "end"]
    return "\n".join(lines) + "\n"


def read_input(param: Param) -> list[str]:
    """The lines that read one input into a local variable, and leave if it is bad."""
    kind = param.type if param.type in helpers.PARSERS else "string"
    arguments = ["msg", quoted(param.name), quoted(kind)]
    if param.default is not None:
        arguments.append(_default(kind, param.default))
    elif param.optional:
        arguments += ["nil", "true"]
    name = variable(param.name)
    name = f"{name}_" if name in ("msg", "problem", "state", "actions") else name
    # A problem per input: Lua has no block that both names the value and leaves early.
    return [
        f"  local {name}, {name}_problem = input({', '.join(arguments)})",
        f"  if {name}_problem then return fail(msg, {name}_problem) end",
    ]


def _default(kind: str, text: str) -> str:
    if kind in ("int", "number", "bool", "json"):
        return initial(kind, text)
    return literal(text.strip("\"'"))


def spelled(param: Param) -> str:
    """An input as the plan writes it."""
    mark = "?" if param.optional else ""
    default = f" = {param.default}" if param.default is not None else ""
    return f"{param.name}{mark}: {param.type}{default}"


def cell(text: str) -> str:
    """A cell of the plan on one line of printable text."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
