"""Rules about tables, loops and what storage does: appends, timestamps as keys, holes, keys of base (lua-NOTES)."""

from __future__ import annotations

import re
from typing import Final

from taskrunner.lua import syntax
from taskrunner.lua.check.context import Report, Spot, called, dotted, plain, text_of

_TIME: Final = re.compile(
    r"(?:^|[._-])(?:time|timestamp|date|epoch|now|height|nonce|millis)(?:$|[._-])|[Tt]imestamp|Time$"
)
_IGNORED_META: Final = frozenset(("__gc", "__mode", "__close", "__name"))
_LARGE: Final = 1_000_000


def check_table(spot: Spot, report: Report) -> None:
    """Everything about assignments, constructors and calls that fill tables."""
    node = spot.node
    if isinstance(node, syntax.Assign):
        for target in node.targets:
            if isinstance(target, syntax.Index):
                _check_store(spot, target, report)
    elif isinstance(node, syntax.TableConstructor):
        _check_constructor(node, report)
    elif isinstance(node, syntax.Call):
        name, arguments = called(node)
        if name == "table.insert" and len(arguments) == 2 and spot.in_loop:
            report.add("MOD-LUA-APPEND", node)


def _check_store(spot: Spot, target: syntax.Index, report: Report) -> None:
    owner = dotted(target.object)
    key = plain(target.key)
    if spot.in_loop and owner and _is_append(key, owner):
        report.add("MOD-LUA-APPEND", target)
    large = isinstance(key, syntax.Constant) and isinstance(key.value, int | float) and key.value > _LARGE
    if large or _names_a_time(key):
        report.add("MOD-LUA-TIME-KEY", target)
    text = text_of(key)
    if owner == "base" and text is not None and text != text.lower():
        report.add("MOD-LUA-BASE-CASE", target, f"base.{text}")
    if text in _IGNORED_META:
        report.add("MOD-LUA-META", target, text)


def _is_append(key: syntax.Node, owner: str) -> bool:
    """`#owner + 1`, in either order."""
    if not isinstance(key, syntax.Binary) or key.operator != "+":
        return False
    return any(
        isinstance(side, syntax.Unary) and side.operator == "#" and dotted(plain(side.operand)) == owner
        for side in (plain(key.left), plain(key.right))
    )


def _names_a_time(key: syntax.Node) -> bool:
    """A key that by its name or origin is a time; wrapped in tostring it is none."""
    if called(key)[0] in ("os.time", "math.floor"):
        arguments = called(key)[1]
        return called(key)[0] == "os.time" or any(_names_a_time(plain(argument)) for argument in arguments)
    name = dotted(key)
    return bool(name) and _TIME.search(name) is not None


def _check_constructor(node: syntax.TableConstructor, report: Report) -> None:
    listed = [field.value for field in node.fields if field.key is None]
    for value in listed[:-1]:
        if isinstance(value, syntax.Constant) and value.value is None:
            report.add("MOD-LUA-HOLE", value)
    keys = {text_of(field.key) for field in node.fields if field.key is not None}
    for name in sorted(keys & _IGNORED_META, key=str):
        report.add("MOD-LUA-META", node, str(name))
    if "__lt" in keys and "__le" not in keys:
        report.add("MOD-LUA-LT-ONLY", node)


def check_sorting(root: syntax.Node, report: Report) -> None:
    """Tables that lose elements and are sorted: the freed slots stay in production's array."""
    shrunk: set[str] = set()
    sorts: list[tuple[str, syntax.Node]] = []
    for node in syntax.walk(root):
        name, arguments = called(node)
        if name == "table.remove" and arguments:
            shrunk.add(dotted(arguments[0]))
        elif name == "table.sort" and arguments:
            sorts.append((dotted(arguments[0]), node))
    for owner, node in sorts:
        if owner and owner in shrunk:
            report.add("MOD-LUA-SORT-HOLE", node)


def check_returns(root: syntax.Function, report: Report) -> None:
    """What the chunk and `compute` return."""
    last = root.body.statements[-1] if root.body.statements else None
    if isinstance(last, syntax.Return) and len(last.values) == 1:
        name = dotted(last.values[0])
        if name and _indexes_itself(root, name):
            report.add("MOD-LUA-RETURN-CLASS", last)
    for node in syntax.walk(root):
        if isinstance(node, syntax.Function) and node.name == "compute":
            _check_compute(node, report)


def _indexes_itself(root: syntax.Node, name: str) -> bool:
    return any(
        isinstance(node, syntax.Assign)
        and any(dotted(target) == f"{name}.__index" for target in node.targets)
        and any(dotted(value) == name for value in node.values)
        for node in syntax.walk(root)
    )


def _check_compute(compute: syntax.Function, report: Report) -> None:
    for node in _own_returns(compute.body):
        if text_of(node.values[0]) == "error":
            report.add("MOD-LUA-RETURN-ERROR", node)
        elif isinstance(plain(node.values[-1]), syntax.TableConstructor):
            report.add("MOD-LUA-RETURN-FRESH", node)


def _own_returns(body: syntax.Node) -> list[syntax.Return]:
    """Returns with values that belong to the function itself, not to functions inside."""
    found: list[syntax.Return] = []
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, syntax.Return) and node.values:
            found.append(node)
        elif not isinstance(node, syntax.Function):
            waiting.extend(syntax.children(node))
    return found
