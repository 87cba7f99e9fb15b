"""A second, naive Lua for tests: walks the syntax tree with one dict of cells for each block.

It shares the lexer, the parser and the operators with the engine, and nothing of resolver and compiler, which it is
there to judge: scopes, closures, loops, order of evaluation, numbers of values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskrunner.lua import syntax
from taskrunner.lua.errors import LuaError
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse
from taskrunner.lua.values import Table
from taskrunner.lua.vm import VM

Cell = list[Any]


class _Break(Exception):
    pass


class _Return(Exception):
    def __init__(self, values: tuple[Any, ...]) -> None:
        super().__init__()
        self.values = values


class Scope:
    """A block's variables."""

    def __init__(self, parent: Scope | None, varargs: tuple[Any, ...] = ()) -> None:
        self.parent = parent
        self.cells: dict[str, Cell] = {}
        self.varargs = varargs

    def find(self, name: str) -> Cell | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.cells:
                return scope.cells[name]
            scope = scope.parent
        return None


def true(value: Any) -> bool:
    return value is not None and value is not False


class Reference:
    """Runs a chunk on the tables, operators and library of a VM."""

    def __init__(self, vm: VM) -> None:
        self.vm = vm
        self.binary: dict[str, Callable[[Any, Any], Any]] = {
            "+": vm.add, "-": vm.sub, "*": vm.mul, "/": vm.div, "//": vm.idiv, "%": vm.mod, "^": vm.power,
            "&": vm.band, "|": vm.bor, "~": vm.bxor, "<<": vm.shl, ">>": vm.shr, "..": vm.concat,
            "==": vm.eq, "~=": vm.ne, "<": vm.lt, "<=": vm.le, ">": vm.gt, ">=": vm.ge,
        }  # fmt: skip
        self.unary: dict[str, Callable[[Any], Any]] = {
            "-": vm.unm,
            "~": vm.bnot,
            "#": vm.length,
            "not": lambda value: not true(value),
        }

    def run(self, text: bytes) -> tuple[Any, ...]:
        tree = parse(Source(text, "reference"))
        found: tuple[Any, ...] = self.function(tree, None)()
        return found

    def function(self, node: syntax.Function, outside: Scope | None) -> Callable[..., tuple[Any, ...]]:
        def called(*args: Any) -> tuple[Any, ...]:
            next(self.vm.meter.ticks)
            scope = Scope(outside)
            names = [parameter.name for parameter in node.parameters]
            for index, name in enumerate(names):
                scope.cells[name] = [args[index] if index < len(args) else None]
            scope.varargs = args[len(names) :] if node.is_vararg else ()
            try:
                self.statements(node.body, scope)
            except _Return as result:
                return result.values
            except _Break:
                raise LuaError("illegal_op", "break") from None
            return ()

        return called

    def block(self, node: syntax.Block, outside: Scope) -> None:
        self.statements(node, self.nested(outside))

    def statements(self, node: syntax.Block, scope: Scope) -> Scope:
        """Runs them; each declaration opens a scope of its own, the last one is returned."""
        for statement in node.statements:
            if isinstance(statement, syntax.Local):
                values = self.adjusted(statement.values, len(statement.names), scope)
                scope = self.nested(scope)
                for name, value in zip(statement.names, values, strict=True):
                    scope.cells[name.name] = [value]
            elif isinstance(statement, syntax.LocalFunction):
                scope = self.nested(scope)
                cell: Cell = [None]
                scope.cells[statement.name.name] = cell
                cell[0] = self.function(statement.function, scope)
            else:
                self.statement(statement, scope)
        return scope

    def nested(self, outside: Scope) -> Scope:
        scope = Scope(outside)
        scope.varargs = outside.varargs
        return scope

    def statement(self, node: syntax.Statement, scope: Scope) -> None:
        match node:
            case syntax.Assign():
                values = self.adjusted(node.values, len(node.targets), scope)
                for target, value in reversed(list(zip(node.targets, values, strict=True))):
                    self.store(target, value, scope)
            case syntax.CallStatement():
                self.several(node.call, scope)
            case syntax.Do():
                self.block(node.body, scope)
            case syntax.If():
                self.branch(node, scope)
            case syntax.Return():
                raise _Return(self.values(node.values, scope))
            case syntax.Break():
                raise _Break
            case _:
                try:
                    self.loop(node, scope)
                except _Break:
                    pass

    def branch(self, node: syntax.If, scope: Scope) -> None:
        for condition, body in node.tests:
            if true(self.one(condition, scope)):
                self.block(body, scope)
                return
        if node.otherwise is not None:
            self.block(node.otherwise, scope)

    def loop(self, node: syntax.Statement, scope: Scope) -> None:
        match node:
            case syntax.While():
                while true(self.one(node.condition, scope)):
                    next(self.vm.meter.ticks)
                    self.block(node.body, scope)
            case syntax.Repeat():
                while True:
                    next(self.vm.meter.ticks)
                    inside = self.statements(node.body, self.nested(scope))
                    if true(self.one(node.condition, inside)):
                        return
            case syntax.NumericFor():
                bounds = [self.one(bound, scope) for bound in (node.first, node.limit)]
                step = 1 if node.step is None else self.one(node.step, scope)
                for value in self.vm.loop_values(*bounds, step):
                    self.turn(node.body, scope, {node.name.name: value})
            case syntax.GenericFor():
                function, state, control = self.vm.for_values(self.values(node.values, scope))
                while True:
                    values = self.vm.invoke(function, (state, control))
                    if not values or not true(values[0]):
                        return
                    control = values[0]
                    names = [name.name for name in node.names]
                    padded = (*values, *[None] * len(names))
                    self.turn(node.body, scope, dict(zip(names, padded, strict=False)))

    def turn(self, body: syntax.Block, scope: Scope, names: dict[str, Any]) -> None:
        next(self.vm.meter.ticks)
        inside = self.nested(scope)
        inside.cells = {name: [value] for name, value in names.items()}
        self.statements(body, inside)

    def store(self, target: syntax.Expression, value: Any, scope: Scope) -> None:
        if isinstance(target, syntax.Index):
            container = self.one(target.object, scope)
            self.vm.set_index(container, self.one(target.key, scope), value)
            return
        assert isinstance(target, syntax.Name)
        cell = scope.find(target.name)
        if cell is None:
            self.vm.set_index(self.vm.globals, target.name.encode(), value)
        else:
            cell[0] = value

    def adjusted(self, nodes: tuple[syntax.Expression, ...], wanted: int, scope: Scope) -> list[Any]:
        values = list(self.values(nodes, scope))
        return (values + [None] * wanted)[:wanted]

    def values(self, nodes: tuple[syntax.Expression, ...], scope: Scope) -> tuple[Any, ...]:
        if not nodes:
            return ()
        return (*[self.one(node, scope) for node in nodes[:-1]], *self.several(nodes[-1], scope))

    def one(self, node: syntax.Expression, scope: Scope) -> Any:
        values = self.several(node, scope)
        return values[0] if values else None

    def several(self, node: syntax.Expression, scope: Scope) -> tuple[Any, ...]:
        match node:
            case syntax.Constant():
                return (node.value,)
            case syntax.Vararg():
                return scope.varargs
            case syntax.Name():
                cell = scope.find(node.name)
                return (cell[0],) if cell is not None else (self.vm.index(self.vm.globals, node.name.encode()),)
            case syntax.Index():
                container = self.one(node.object, scope)
                return (self.vm.index(container, self.one(node.key, scope)),)
            case syntax.Call():
                function = self.one(node.function, scope)
                return self.vm.invoke(function, self.values(node.arguments, scope))
            case syntax.Method():
                container = self.one(node.object, scope)
                args = self.values(node.arguments, scope)
                return self.vm.invoke(self.vm.method(container, node.name.encode()), (container, *args))
            case syntax.Unary():
                return (self.unary[node.operator](self.one(node.operand, scope)),)
            case syntax.Binary():
                return self.operation(node, scope)
            case syntax.Paren():
                return (self.one(node.inner, scope),)
            case syntax.TableConstructor():
                return (self.table(node, scope),)
            case syntax.Function():
                return (self.function(node, scope),)

    def operation(self, node: syntax.Binary, scope: Scope) -> tuple[Any, ...]:
        if node.operator in ("and", "or"):
            left = self.several(node.left, scope)
            if bool(left) and true(left[0]) is (node.operator == "and"):
                return self.several(node.right, scope)
            if not left and node.operator == "or":
                return self.several(node.right, scope)
            return left
        left_value = self.one(node.left, scope)
        return (self.binary[node.operator](left_value, self.one(node.right, scope)),)

    def table(self, node: syntax.TableConstructor, scope: Scope) -> Table:
        pairs: list[tuple[Any, Any]] = []
        index = 1
        for field in node.fields[:-1] if node.fields else ():
            key = index if field.key is None else self.one(field.key, scope)
            index += field.key is None
            pairs.append((key, self.one(field.value, scope)))
        rest: tuple[Any, ...] = ()
        if node.fields:
            last = node.fields[-1]
            if last.key is None:
                rest = self.several(last.value, scope)
            else:
                key = self.one(last.key, scope)
                pairs.append((key, self.one(last.value, scope)))
        return self.vm.mixed_table(pairs, index, rest)
