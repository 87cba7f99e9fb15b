"""A walk over the syntax tree that knows where it is: the loops and functions around, and names as dotted text.

The rules ask it; it judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from taskrunner.lua import syntax
from taskrunner.lua.check.remarks import NOTES, Remark
from taskrunner.lua.lexer import Source

LOOPS = (syntax.While, syntax.Repeat, syntax.NumericFor, syntax.GenericFor)


@dataclass(slots=True)
class Report:
    """Collects remarks, each place and code once."""

    source: Source
    remarks: dict[tuple[str, int, int], Remark] = field(default_factory=dict)
    from_text: frozenset[str] = frozenset()  # variables that hold what tonumber made of a text

    def add(self, code: str, node: syntax.Node, detail: str = "") -> None:
        """A remark at the node's first byte; `detail` says what exactly, before what happens."""
        note = NOTES[code]
        line, column = self.source.place(node.start)
        message = f"{detail}: {note.happens}" if detail else note.happens
        remark = Remark(code, f"{message} ({note.versions})", self.source.name, line, column, note.idiom, note.severity)
        self.remarks.setdefault((code, line, column), remark)


@dataclass(frozen=True, slots=True)
class Spot:
    """A node and what is around it, innermost first."""

    node: syntax.Node
    parents: tuple[syntax.Node, ...]

    @property
    def in_loop(self) -> bool:
        """Whether a loop of the same function is around."""
        for parent in self.parents:
            if isinstance(parent, syntax.Function):
                return False
            if isinstance(parent, LOOPS):
                return True
        return False

    @property
    def is_tested(self) -> bool:
        """Whether the code only asks if this is there: `type(x)`, `x and ...`, `x == nil`, `if x then`."""
        parent = self.parents[0] if self.parents else None
        if isinstance(parent, syntax.Call):
            return parent.function is not self.node and dotted(parent.function) == "type"
        if isinstance(parent, syntax.Binary):
            return parent.operator in ("==", "~=") or (parent.operator in ("and", "or") and parent.left is self.node)
        return isinstance(parent, syntax.If) or (isinstance(parent, syntax.Unary) and parent.operator == "not")


def spots(root: syntax.Node) -> Iterator[Spot]:
    """Every node with its surroundings, outer nodes first; deep trees are no problem."""
    waiting: list[tuple[syntax.Node, tuple[syntax.Node, ...]]] = [(root, ())]
    while waiting:
        node, parents = waiting.pop()
        yield Spot(node, parents)
        inner = (node, *parents[:_REMEMBERED])
        waiting.extend((child, inner) for child in reversed(list(syntax.children(node))))


_REMEMBERED = 64  # parents that a spot knows; deeper nesting than that has no loop worth a remark


def dotted(expression: syntax.Node) -> str:
    """`a.b.c` for names and constant text keys, empty for anything else."""
    parts: list[str] = []
    while isinstance(expression, syntax.Index):
        key = text_of(expression.key)
        if key is None:
            return ""
        parts.append(key)
        expression = expression.object
    if not isinstance(expression, syntax.Name):
        return ""
    return ".".join([expression.name, *reversed(parts)])


def text_of(node: syntax.Node | None) -> str | None:
    """The text of a string constant, one character per byte."""
    if isinstance(node, syntax.Constant) and isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return None


def called(node: syntax.Node) -> tuple[str, tuple[syntax.Expression, ...]]:
    """What a call calls, as a library name: `string.find` also for `s:find(...)`; its arguments with the receiver."""
    if isinstance(node, syntax.Call):
        return dotted(node.function), node.arguments
    if isinstance(node, syntax.Method):
        return f"string.{node.name}", (node.object, *node.arguments)
    return "", ()


def numbers_from_text(root: syntax.Node) -> frozenset[str]:
    """Variables and fields that are given the result of `tonumber` somewhere, by their dotted names."""
    names: set[str] = set()
    for node in syntax.walk(root):
        targets: tuple[syntax.Node, ...] = ()
        if isinstance(node, syntax.Local):
            targets = node.names
        elif isinstance(node, syntax.Assign):
            targets = node.targets
        if targets and isinstance(node, syntax.Local | syntax.Assign):
            for target, value in zip(targets, node.values, strict=False):
                if called(plain(value))[0] == "tonumber":
                    names.add(dotted(target))
    return frozenset(names - {""})


def plain(expression: syntax.Node) -> syntax.Node:
    """An expression without parentheses around it."""
    while isinstance(expression, syntax.Paren):
        expression = expression.inner
    return expression
