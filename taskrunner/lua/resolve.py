"""Which variable each name means, which variables closures share, and where function values may be made once.

One pass over the tree. Luerl compares functions by definition and environment, so two closures made in the same
environment are equal; `FunctionScope.home` says which block's environment that is (None: the chunk's, one per load).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from taskrunner.lua import syntax


@dataclass(slots=True, eq=False)
class Variable:
    """A local variable or parameter; `python` is its name in compiled code."""

    name: str
    python: str
    block: BlockScope
    value: syntax.Expression | None = None  # what it is declared with, if that is all it ever holds
    captured: bool = False
    assigned: bool = False  # after its declaration
    early: bool = False  # captured by its own initial function
    counter: bool = False  # an integer loop counter

    @property
    def shared(self) -> bool:
        """Whether a call can change it behind the back of the expression that reads it."""
        return self.captured and self.assigned

    @property
    def cell(self) -> bool:
        """Whether it needs an explicit cell: a captured variable of a loop body that changes after its capture."""
        return self.captured and self.block.in_loop and (self.assigned or self.early)


@dataclass(slots=True, eq=False)
class BlockScope:
    """A block; `repeats` marks a loop's body."""

    function: FunctionScope
    parent: BlockScope | None
    repeats: bool
    in_loop: bool
    names: dict[str, Variable] = field(default_factory=dict)
    environment: bool = False  # holds captured variables: closures made in different runs of it differ


@dataclass(slots=True, eq=False)
class FunctionScope:
    """A function; `number` counts definitions as Luerl does, inner ones first."""

    node: syntax.Function
    parent: FunctionScope | None
    site: BlockScope | None  # the block that its definition stands in
    number: int = -1
    parameters: list[Variable] = field(default_factory=list)
    free: dict[Variable, None] = field(default_factory=dict)  # captured from outside, in order of appearance
    written: dict[Variable, None] = field(default_factory=dict)  # those of them that it assigns
    borrowed: dict[str, None] = field(default_factory=dict)  # Python names of functions made in the loop around it

    @property
    def home(self) -> BlockScope | None:
        """The nearest enclosing block that is an environment."""
        block = self.site
        while block is not None and not block.environment:
            block = block.parent
        return block


class Scopes:
    """The answers: by node identity, since nodes are plain data."""

    def __init__(self, chunk: syntax.Function) -> None:
        self.variables: dict[int, Variable] = {}  # by id of the Name node; a global is absent
        self.functions: dict[int, FunctionScope] = {}
        self.blocks: dict[int, BlockScope] = {}
        self.order: list[FunctionScope] = []  # by number
        _Resolver(self).function(chunk, None)


class _Resolver:
    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._count = 0
        self._block: BlockScope | None = None
        self._handlers: dict[type[syntax.Node], Callable[[Any], object]] = {
            syntax.Name: self._name,
            syntax.Function: self._inner_function,
            syntax.Local: self._local,
            syntax.LocalFunction: self._local_function,
            syntax.Assign: self._assign,
            syntax.Do: self._do,
            syntax.While: self._while,
            syntax.Repeat: self._repeat,
            syntax.If: self._if,
            syntax.NumericFor: self._numeric_for,
            syntax.GenericFor: self._generic_for,
            syntax.Index: self._index,
            syntax.Call: self._call,
            syntax.Method: self._method,
            syntax.Unary: self._unary,
            syntax.Binary: self._binary,
            syntax.Paren: self._paren,
            syntax.TableConstructor: self._table,
            syntax.CallStatement: self._call_statement,
            syntax.Return: self._return,
            syntax.Constant: self._nothing,
            syntax.Vararg: self._nothing,
            syntax.Break: self._nothing,
        }

    def _visit(self, node: syntax.Node) -> None:
        self._handlers[type(node)](node)

    def _all(self, nodes: Iterable[syntax.Node]) -> None:
        for node in nodes:
            self._handlers[type(node)](node)

    def _nothing(self, node: syntax.Node) -> None:
        pass

    def _index(self, node: syntax.Index) -> None:
        self._visit(node.object)
        self._visit(node.key)

    def _call(self, node: syntax.Call) -> None:
        self._visit(node.function)
        self._all(node.arguments)

    def _method(self, node: syntax.Method) -> None:
        self._visit(node.object)
        self._all(node.arguments)

    def _unary(self, node: syntax.Unary) -> None:
        self._visit(node.operand)

    def _binary(self, node: syntax.Binary) -> None:
        self._visit(node.left)
        self._visit(node.right)

    def _paren(self, node: syntax.Paren) -> None:
        self._visit(node.inner)

    def _table(self, node: syntax.TableConstructor) -> None:
        for item in node.fields:
            if item.key is not None:
                self._visit(item.key)
            self._visit(item.value)

    def _call_statement(self, node: syntax.CallStatement) -> None:
        self._visit(node.call)

    def _return(self, node: syntax.Return) -> None:
        self._all(node.values)

    def function(self, node: syntax.Function, site: BlockScope | None) -> FunctionScope:
        """Resolves a function; numbers it after those inside it."""
        scope = FunctionScope(node, site.function if site is not None else None, site)
        self._scopes.functions[id(node)] = scope
        outside, self._block = self._block, BlockScope(scope, site, repeats=False, in_loop=False)
        self._scopes.blocks[id(node.body)] = self._block
        scope.parameters = [self._declare(parameter) for parameter in node.parameters]
        self._all(node.body.statements)
        self._block = outside
        scope.number = len(self._scopes.order)
        self._scopes.order.append(scope)
        return scope

    def _inner_function(self, node: syntax.Function) -> None:
        self.function(node, self._block)

    def _declare(self, node: syntax.Name) -> Variable:
        block = self._block
        assert block is not None
        self._count += 1
        variable = Variable(node.name, f"{node.name}_{self._count}", block)
        block.names[node.name] = variable
        self._scopes.variables[id(node)] = variable
        return variable

    def _find(self, name: str) -> Variable | None:
        block = self._block
        while block is not None:
            found = block.names.get(name)
            if found is not None:
                return found
            block = block.parent
        return None

    def _name(self, node: syntax.Name) -> Variable | None:
        variable = self._find(node.name)
        if variable is None:
            return None
        self._scopes.variables[id(node)] = variable
        assert self._block is not None
        function: FunctionScope | None = self._block.function
        if function is not variable.block.function:
            variable.captured = True
            variable.block.environment = True
            while function is not None and function is not variable.block.function:
                function.free[variable] = None
                function = function.parent
        return variable

    def _assign(self, node: syntax.Assign) -> None:
        self._all(node.values)
        for target in node.targets:
            if not isinstance(target, syntax.Name):
                self._visit(target)
                continue
            variable = self._name(target)
            if variable is not None:
                variable.assigned = True
                assert self._block is not None
                if self._block.function is not variable.block.function:
                    self._block.function.written[variable] = None

    def _local(self, node: syntax.Local) -> None:
        self._all(node.values)
        for index, name in enumerate(node.names):
            variable = self._declare(name)
            if index < len(node.values):
                variable.value = node.values[index]

    def _local_function(self, node: syntax.LocalFunction) -> None:
        variable = self._declare(node.name)
        variable.value = node.function
        scope = self.function(node.function, self._block)
        variable.early = variable in scope.free

    def _inside(self, body: syntax.Block, *, repeats: bool) -> BlockScope:
        """Enters a block's scope."""
        outside = self._block
        assert outside is not None
        self._block = BlockScope(outside.function, outside, repeats, in_loop=repeats or outside.in_loop)
        self._scopes.blocks[id(body)] = self._block
        return outside

    def _body(self, body: syntax.Block, *, repeats: bool) -> None:
        outside = self._inside(body, repeats=repeats)
        self._all(body.statements)
        self._block = outside

    def _do(self, node: syntax.Do) -> None:
        self._body(node.body, repeats=False)

    def _while(self, node: syntax.While) -> None:
        self._visit(node.condition)
        self._body(node.body, repeats=True)

    def _repeat(self, node: syntax.Repeat) -> None:
        outside = self._inside(node.body, repeats=True)
        self._all(node.body.statements)
        self._visit(node.condition)
        self._block = outside

    def _if(self, node: syntax.If) -> None:
        for condition, body in node.tests:
            self._visit(condition)
            self._body(body, repeats=False)
        if node.otherwise is not None:
            self._body(node.otherwise, repeats=False)

    def _numeric_for(self, node: syntax.NumericFor) -> None:
        bounds = [node.first, node.limit, *([node.step] if node.step is not None else [])]
        self._all(bounds)
        outside = self._inside(node.body, repeats=True)
        variable = self._declare(node.name)
        variable.counter = all(
            isinstance(bound, syntax.Constant) and type(bound.value) is int for bound in (bounds[0], *bounds[2:])
        )
        self._all(node.body.statements)
        self._block = outside

    def _generic_for(self, node: syntax.GenericFor) -> None:
        self._all(node.values)
        outside = self._inside(node.body, repeats=True)
        for name in node.names:
            self._declare(name)
        self._all(node.body.statements)
        self._block = outside
