"""The essential mutants of a HyperAOS script: it does nothing, always answers the same, forgets, is off by one.

They wrap the script's handlers, so they need no knowledge of how it is written, and run on every HyperAOS boot.
"""

from __future__ import annotations

from collections.abc import Iterable

EMPTY = "-- a script that adds no handler\n"

_WRAP = """
for _, entry in ipairs(Handlers.list) do
  local inner = entry.handle
  if string.sub(entry.name, 1, 1) ~= "_" and type(inner) == "function" then
    entry.handle = function (msg)
      local reply = msg.reply
      msg.reply = function (answer)
        local first = {}
        for key, value in pairs(answer) do first[key] = value end
%s
        return reply(first)
      end
      return inner(msg)
    end
  end
end
"""

_CONSTANT = """        first.data = nil
        first.Data = "mutant" """

_OFF_BY_ONE = """        local number = tonumber(first.Data or first.data)
        if msg.body.action == "{action}" and number ~= nil then
          first.data = nil
          first.Data = string.format("%d", number + 1)
        end"""

_FORGETS = """
local mutant_known = {{}}
for key in pairs(_G) do mutant_known[key] = true end
local function mutant_module()
{source}
end
local mutant_arm
local function mutant_again(name)
  return function (msg)
    local gone = {{}}
    for key in pairs(_G) do if not mutant_known[key] then gone[#gone + 1] = key end end
    for _, key in ipairs(gone) do _G[key] = nil end
    mutant_module()
    local run
    for _, entry in ipairs(Handlers.list) do if entry.name == name then run = entry.handle end end
    mutant_arm()
    return run(msg)
  end
end
function mutant_arm()
  for _, entry in ipairs(Handlers.list) do
    if string.sub(entry.name, 1, 1) ~= "_" and type(entry.handle) == "function" then
      entry.handle = mutant_again(entry.name)
    end
  end
end
mutant_module()
mutant_arm()
"""


def script_mutants(source: str, *, remembers: bool, numeric: Iterable[str]) -> list[tuple[str, str, str]]:
    """Name, what is broken and the whole source of each mutant that a suite must notice."""
    found = [
        ("empty", "the script adds no handler", EMPTY),
        ("constant", "every reply is the same", source + _WRAP % _CONSTANT),
    ]
    if remembers:
        found.append(("forgets", "no state survives a message", _FORGETS.format(source=source)))
    for action in numeric:
        wrapped = source + _WRAP % _OFF_BY_ONE.replace("{action}", action)
        found.append((f"off-by-one-{action}", f"the reply to {action} is one too high", wrapped))
    return found
