"""Rules about operators and literals: precedence of `~`, division by zero, floats in text, non-ASCII (LUERL §2)."""

from __future__ import annotations

from typing import Final

from taskrunner.lua import syntax
from taskrunner.lua.check.calls import check_printed
from taskrunner.lua.check.context import Report, Spot, called, dotted, plain

_COMPARISONS: Final = ("==", "~=")


def check_operator(spot: Spot, report: Report) -> None:
    """Everything about one operation."""
    node = spot.node
    if isinstance(node, syntax.Unary):
        operand = node.operand
        if node.operator == "~" and isinstance(operand, syntax.Binary):
            report.add("MOD-LUA-BNOT", node)
    elif isinstance(node, syntax.Binary):
        _check_binary(node, report)


def _check_binary(node: syntax.Binary, report: Report) -> None:
    operator = node.operator
    if operator in ("/", "//", "%") and _is_zero(node.right):
        report.add("MOD-LUA-DIVIDE-ZERO", node)
    elif operator == "..":
        check_printed(node.left, report)
        check_printed(node.right, report)
    elif operator in _COMPARISONS:
        name = dotted(node.left)
        if name and name == dotted(node.right):
            report.add("MOD-LUA-NAN-TEST", node)
        _check_compared(node, report)


def _check_compared(node: syntax.Binary, report: Report) -> None:
    for side in (node.left, node.right):
        if called(plain(side))[0] == "math.type":
            other = node.right if side is node.left else node.left
            inner = called(plain(side))[1]
            if inner and called(plain(inner[0]))[0] == "tonumber" and isinstance(other, syntax.Constant):
                report.add("MOD-LUA-TONUMBER", inner[0])


def _is_zero(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Constant) and node.value in (0, 0.0) and node.value is not False


def check_literal(spot: Spot, report: Report) -> None:
    """A string literal with bytes beyond ASCII in the source; escapes are fine."""
    node = spot.node
    assert isinstance(node, syntax.Constant)
    if isinstance(node.value, bytes) and not report.source.text[node.start : node.end].isascii():
        report.add("MOD-LUA-NON-ASCII", node)


def check_wrap(spot: Spot, report: Report) -> None:
    """Hash and generator steps that trust integers to wrap: a name multiplied or shifted into itself in a loop."""
    node = spot.node
    if not isinstance(node, syntax.Assign) or not spot.in_loop or len(node.targets) != 1 or len(node.values) != 1:
        return
    target = dotted(node.targets[0])
    value = plain(node.values[0])
    if not target or (isinstance(value, syntax.Binary) and value.operator in ("%", "&", "//", "/")):
        return
    if any(_grows(found, target) for found in syntax.walk(value)) and not _masked(value):
        report.add("MOD-LUA-WRAP", node)


def _grows(node: syntax.Node, target: str) -> bool:
    """`target * constant` or `target << n`: grows in each round."""
    if not isinstance(node, syntax.Binary) or node.operator not in ("*", "<<"):
        return False
    if node.operator == "<<":
        return dotted(plain(node.left)) == target
    sides = (plain(node.left), plain(node.right))
    factor = next((side.value for side in sides if isinstance(side, syntax.Constant)), None)
    return any(dotted(side) == target for side in sides) and isinstance(factor, int) and factor > 2


def _masked(value: syntax.Node) -> bool:
    return any(isinstance(node, syntax.Binary) and node.operator in ("%", "&") for node in syntax.walk(value))
