"""Which ways lead out of `compute`, and whether each sets `results` and returns `base`.

An answer is given only where it is certain: base that was handed to another function may have got its results there.
What holds on every path is an error, what holds on some is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from taskrunner.lua import syntax
from taskrunner.lua.lexer import Source
from taskrunner.modules.findings import Finding
from taskrunner.modules.lua.risks import path_of

SET_HINT = "set base.results = { outbox = {}, output = {} } before every return"


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out: a `return`, or the end of the function (`node` is the function then)."""

    node: syntax.Node
    falls_off: bool
    has_results: bool


def findings(compute: syntax.Function, text: Source) -> Iterator[Finding]:
    """Findings about returning and about results."""
    if not compute.parameters:
        return
    base = compute.parameters[0].name
    exits = list(_exits(compute, base))
    yield from _returns(exits, base, text)
    without = [each for each in exits if not each.has_results and not _returns_other(each, base)]
    everywhere = len(without) == len(exits) and not _Walker(base).set_in([compute.body])
    for each in without if not everywhere else without[:1]:
        line, column = text.place(each.node.start)
        where = "`results` is not set" if everywhere else "`results` is not set on this way out of `compute`"
        severity = "error" if everywhere and not each.falls_off else "warning"
        yield Finding("MOD-NO-RESULTS", where, text.name, line, column, SET_HINT, severity)


def _returns(exits: list[Exit], base: str, text: Source) -> Iterator[Finding]:
    """Ways out that give the node no table."""
    wrong = [each for each in exits if each.falls_off or _returns_constant(each)]
    for each in wrong[:1] if len(wrong) == len(exits) else wrong:
        line, column = text.place(each.node.start)
        severity = "error" if len(wrong) == len(exits) else "warning"
        what = "ends without a return" if each.falls_off else "returns no table"
        message = f"`compute` {what}{'' if severity == 'error' else ' on this way'}: the process fails for good there"
        yield Finding("MOD-RETURN", message, text.name, line, column, f"end with `return {base}`", severity)


def _returns_constant(each: Exit) -> bool:
    if not isinstance(each.node, syntax.Return):
        return False
    values = each.node.values
    return not values or (len(values) == 1 and isinstance(values[0], syntax.Constant | syntax.Function))


def _returns_other(each: Exit, base: str) -> bool:
    """Whether a return gives something else than plain base: then its results cannot be seen here."""
    if not isinstance(each.node, syntax.Return):
        return False
    last = each.node.values[-1] if each.node.values else None
    return not (isinstance(last, syntax.Name) and last.name == base)


def _exits(compute: syntax.Function, base: str) -> Iterator[Exit]:
    """Every way out of the function's own body."""
    walker = _Walker(base)
    open_end, has_results = walker.block(compute.body, False)
    yield from walker.exits
    if open_end:
        yield Exit(compute, True, has_results)


class _Walker:
    """Follows statements; carries whether results may be set by now."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.exits: list[Exit] = []

    def block(self, block: syntax.Block, has: bool) -> tuple[bool, bool]:
        """(whether the end of the block can be reached, whether results may be set there)."""
        for statement in block.statements:
            goes_on, has = self.statement(statement, has)
            if not goes_on:
                return False, has
        return True, has

    def statement(self, statement: syntax.Statement, has: bool) -> tuple[bool, bool]:
        match statement:
            case syntax.Return():
                self.exits.append(Exit(statement, False, has or self.set_in([statement])))
                return False, has
            case syntax.Do(body=body):
                return self.block(body, has)
            case syntax.If(tests=tests, otherwise=otherwise):
                return self._branches(statement, tests, otherwise, has)
            case syntax.While(condition=condition, body=body):
                _, inside = self.block(body, has)
                endless = isinstance(condition, syntax.Constant) and condition.value not in (None, False)
                return not endless or _breaks(body), inside or has
            case syntax.Repeat(body=body) | syntax.NumericFor(body=body) | syntax.GenericFor(body=body):
                _, inside = self.block(body, has)
                return True, inside or has
            case syntax.CallStatement(call=syntax.Call(function=syntax.Name(name="error"))):
                return False, has
            case _:
                return True, has or self.set_in([statement])

    def _branches(
        self,
        statement: syntax.If,
        tests: tuple[tuple[syntax.Expression, syntax.Block], ...],
        otherwise: syntax.Block | None,
        has: bool,
    ) -> tuple[bool, bool]:
        has = has or any(self.set_in([test]) for test, _ in tests)
        ends = [self.block(body, has) for _, body in tests]
        ends.append(self.block(otherwise, has) if otherwise is not None else (True, has))
        reached = [inside for goes_on, inside in ends if goes_on]
        return bool(reached), all(reached) if reached else has

    def set_in(self, nodes: Iterable[syntax.Node]) -> bool:
        """Whether results may be set by nodes: assigned, or base handed to somebody else."""
        return any(self._sets(each) for node in nodes for each in syntax.walk(node))

    def _sets(self, node: syntax.Node) -> bool:
        if isinstance(node, syntax.Assign):
            if any(path_of(target).startswith(f"{self.base}.results") for target in node.targets):
                return True
            return any(isinstance(value, syntax.Name) and value.name == self.base for value in node.values)
        if isinstance(node, syntax.Local | syntax.Field):
            values = node.values if isinstance(node, syntax.Local) else (node.value,)
            return any(isinstance(value, syntax.Name) and value.name == self.base for value in values)
        if isinstance(node, syntax.Call | syntax.Method):
            return any(isinstance(each, syntax.Name) and each.name == self.base for each in node.arguments)
        return False


def _breaks(block: syntax.Block) -> bool:
    return any(isinstance(node, syntax.Break) for node in syntax.walk(block))
