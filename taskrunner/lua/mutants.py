"""Mutants: the source of a module with one small fault each, made on its syntax tree.

    for mutant in mutants_of(source, "counter.lua"): run_suite_with(mutant.source)

A suite that stays green on a mutant does not test what the mutant broke. Lines keep their numbers. Every mutant still
compiles; whether it behaves differently is for the suite to find out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from taskrunner.lua import syntax
from taskrunner.lua.errors import FidelityError, LuaSyntaxError
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse

_OPERATORS: Final = {
    "+": "-",
    "-": "+",
    "*": "+",
    "/": "*",
    "//": "*",
    "%": "*",
    "^": "*",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "~=",
    "~=": "==",
    "and": "or",
    "or": "and",
    "&": "|",
    "|": "&",
    "~": "&",
    "<<": ">>",
    ">>": "<<",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `kind` is constant, operator, condition, statement or branches; the rest is source text."""

    kind: str
    file: str
    line: int
    column: int
    before: str
    after: str
    source: bytes

    @property
    def description(self) -> str:
        """`counter.lua:12:5: operator: '+' instead of '-'`, shortened."""
        shown = f"'{_short(self.after)}' instead of '{_short(self.before)}'" if self.after else _short(self.before)
        verb = "dropped: " if not self.after else ""
        return f"{self.file}:{self.line}:{self.column}: {self.kind}: {verb}{shown}"


class _Edit(NamedTuple):
    kind: str
    start: int
    end: int
    text: bytes


def mutants_of(text: bytes, file: str, kinds: frozenset[str] | None = None) -> list[Mutant]:
    """All mutants of a module in source order, or those of some kinds.

    Raises LuaSyntaxError or FidelityCrash if the module itself does not compile.
    """
    source = Source(text, file)
    edits = sorted(set(_edits(source, parse(source))), key=lambda edit: (edit.start, edit.end, edit.kind))
    found: list[Mutant] = []
    for edit in edits:
        if kinds is not None and edit.kind not in kinds:
            continue
        changed = text[: edit.start] + _keep_lines(text[edit.start : edit.end], edit.text) + text[edit.end :]
        if changed == text or not _compiles(changed, file):
            continue
        line, column = source.place(edit.start)
        before = text[edit.start : edit.end].decode("utf-8", "replace")
        after = "" if edit.text == b";" else edit.text.decode("utf-8", "replace")
        found.append(Mutant(edit.kind, file, line, column, before, after, changed))
    return found


def _edits(source: Source, tree: syntax.Function) -> Iterator[_Edit]:
    text = source.text
    for node in syntax.walk(tree):
        match node:
            case syntax.Constant():
                yield from _constant(text, node)
            case syntax.Binary() if node.operator in _OPERATORS:
                end = node.at + len(node.operator)
                yield _Edit("operator", node.at, end, _OPERATORS[node.operator].encode())
            case syntax.Unary() if node.operator == "not":
                yield _Edit("operator", node.start, node.start + 3, b"")
            case syntax.While():
                yield _negated(text, node.condition)
            case syntax.Repeat():
                yield _negated(text, node.condition)
            case syntax.If():
                yield from _if(text, node)
            case syntax.Assign() | syntax.CallStatement():
                yield _Edit("statement", node.start, node.end, b";")
            case syntax.Local() if node.values:
                names = b"local " + b", ".join(name.name.encode() for name in node.names)
                yield _Edit("statement", node.start, node.end, names)
            case syntax.Return() if node.values:
                yield _Edit("statement", node.start, node.end, b"return")
            case _:
                pass


def _constant(text: bytes, node: syntax.Constant) -> Iterator[_Edit]:
    value = node.value
    if value is True or value is False:
        yield _Edit("constant", node.start, node.end, b"false" if value else b"true")
    elif isinstance(value, int | float):
        # beyond the digits of a float the next integer is the same number: there twice as much
        changed = value + 1 if value + 1 != value else value * 2
        yield _Edit("constant", node.start, node.end, repr(changed).encode())
    elif isinstance(value, bytes) and text[node.start : node.start + 1] in (b'"', b"'"):
        quote = text[node.start : node.start + 1]
        yield _Edit("constant", node.start, node.end, quote + (b"" if value else b"mutant") + quote)


def _negated(text: bytes, condition: syntax.Expression) -> _Edit:
    return _Edit("condition", condition.start, condition.end, b"not (" + text[condition.start : condition.end] + b")")


def _if(text: bytes, node: syntax.If) -> Iterator[_Edit]:
    for condition, _ in node.tests:
        yield _negated(text, condition)
    last, otherwise = node.tests[-1][1], node.otherwise
    if otherwise is not None:
        between = text[last.end : otherwise.start]
        swapped = text[otherwise.start : otherwise.end] + between + text[last.start : last.end]
        yield _Edit("branches", last.start, otherwise.end, swapped)


def _keep_lines(before: bytes, after: bytes) -> bytes:
    return after + b"\n" * max(before.count(b"\n") - after.count(b"\n"), 0)


def _compiles(text: bytes, file: str) -> bool:
    try:
        parse(Source(text, file))
    except (LuaSyntaxError, FidelityError):
        return False
    return True


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
