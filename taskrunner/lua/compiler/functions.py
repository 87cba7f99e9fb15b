"""Function definitions, the chunk itself, and the marks that coverage and traces need.

A function that captures nothing from a loop body is defined once per run of the block whose variables it sees, or once
per load if it sees none: production compares functions by definition and environment, and so do we by identity. One
made in a loop body around variables of that body is made anew by a maker function, which binds those variables.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.lua import syntax
from taskrunner.lua.compiler.base import Options
from taskrunner.lua.compiler.code import Code, Line, LineMap, assemble, shifted
from taskrunner.lua.compiler.loops import Loops
from taskrunner.lua.lexer import Source
from taskrunner.lua.resolve import BlockScope, FunctionScope, Scopes


@dataclass(frozen=True, slots=True)
class Point:
    """A place that coverage counts: a statement, or one outcome of a branch."""

    line: int
    column: int
    kind: str  # statement, true, false, entered, left


@dataclass(frozen=True, slots=True)
class Generated:
    """What the generator hands on: Python source, its line map, the coverage points."""

    python: str
    lines: LineMap
    points: tuple[Point, ...]


def generate(source: Source, chunk: syntax.Function, scopes: Scopes, options: Options) -> Generated:
    """Python source that defines all functions of a chunk; the chunk itself has the highest number."""
    generator = Generator(source, scopes, options)
    generator.define(scopes.functions[id(chunk)], None)
    python, lines = assemble(generator.root)
    return Generated(python, lines, tuple(generator.points))


class Generator(Loops):
    """The whole generator."""

    def __init__(self, source: Source, scopes: Scopes, options: Options) -> None:
        super().__init__(source, scopes, options)
        self.points: list[Point] = []

    def function_value(self, node: syntax.Function) -> Code:
        """See the base class."""
        scope = self.scopes.functions[id(node)]
        home = scope.home
        if home is None:
            self.define(scope, None)
            return Code(f"f{scope.number}", "function", atom=True, inert=True)
        apart = _apart(scope.site, home)
        if not home.in_loop:
            self.define(scope, home if apart else scope.site)
            return Code(f"f{scope.number}", "function", atom=True, inert=True)
        call = f"make{scope.number}({', '.join(self._define_maker(scope, home))})"
        if not apart:
            return Code(call, "function", depth=1)
        self.hoist([(0, f"f{scope.number} = {call}", self.line_now, self.device_now)], home)
        outer = self.function_scope
        while outer is not None and outer is not home.function:
            outer.borrowed[f"f{scope.number}"] = None
            outer = outer.parent
        return Code(f"f{scope.number}", "function", atom=True, inert=True)

    def define(self, scope: FunctionScope, at: BlockScope | None) -> None:
        """Writes the definition before the current statement of the block `at` (None: at the top)."""
        lines = self._definition(scope)
        if at is None:
            self.root.extend(lines)
        else:
            self.hoist(lines, at)

    def _define_maker(self, scope: FunctionScope, home: BlockScope) -> list[str]:
        """Writes the maker; returns the names that it must be given, those of the loop body as they are now."""
        definition = self._definition(scope)
        names = [
            variable.python
            for variable in scope.free
            if variable.block.in_loop and variable.block.function is home.function
        ]
        names += scope.borrowed
        lines: list[Line] = [
            (0, f"def make{scope.number}({', '.join(names)}):", self.line_now, 0),
            *shifted(definition, 1),
            (1, f"return f{scope.number}", self.line_now, 0),
        ]
        block = home
        while block.in_loop and block.parent is not None:
            block = block.parent
        self.hoist(lines, block)
        return names

    def _definition(self, scope: FunctionScope) -> list[Line]:
        saved = (self.out, self.indent, self.loops, self.function_scope, self.line_now, self.device_now)
        saved_statement = (self._temporaries, self._many_lines, self.block_scope)
        self.out, self.indent, self.loops, self.function_scope = [], 0, 0, scope
        self._body_of(scope)
        lines = self.out
        self.out, self.indent, self.loops, self.function_scope, self.line_now, self.device_now = saved
        self._temporaries, self._many_lines, self.block_scope = saved_statement
        return lines

    def _body_of(self, scope: FunctionScope) -> None:
        node = scope.node
        self.line_now = self.device_now = node.line
        names = [variable.python for variable in scope.parameters]
        rest = "*va" if node.is_vararg else "*more"
        self.write(f"def f{scope.number}({', '.join([*(f'{name}=None' for name in names), rest])}):")
        self.indent = 1
        outer = [variable.python for variable in scope.written if not variable.cell]
        if outer:
            self.write(f"nonlocal {', '.join(outer)}")
        self.write("nx(T)")
        if self.options.trace:
            self.write(f"enter({scope.number}, ({''.join(f'{name}, ' for name in names)}{rest},))")
        for variable in scope.parameters:
            if variable.assigned:
                self.write(f"{variable.python}_given = {variable.python}")
        self.block(node.body)
        if not node.body.statements or not isinstance(node.body.statements[-1], syntax.Return):
            self.returned(Code("()"))

    def returned(self, values: Code) -> None:
        """See the base class."""
        self.write(f"return leave({values.text})" if self.options.trace else f"return {values.text}")

    def _point(self, node: syntax.Node, kind: str) -> int:
        line, column = self.source.place(node.start)
        self.points.append(Point(line, column, kind))
        return len(self.points) - 1

    def count_line(self, node: syntax.Node) -> None:
        """See the base class."""
        if self.options.coverage:
            self.write(f"H[{self._point(node, 'statement')}] += 1")

    def tested(self, node: syntax.Expression) -> Code:
        """See the base class."""
        code = self.spilled(self.condition(node))
        if not self.options.coverage:
            return code
        yes = self._point(node, "true")
        self._point(node, "false")
        return Code(f"branch(H, {yes}, {code.text})", "boolean", depth=code.depth + 1)

    def counted_body(self, node: syntax.Block) -> None:
        """See the base class."""
        if self.options.coverage:
            self.write(f"H[{self._point(node, 'entered')}] += 1")
        self.write("pass")
        self.block(node)

    def count_exit(self, node: syntax.Node) -> None:
        """See the base class."""
        if self.options.coverage:
            self.write(f"H[{self._point(node, 'left')}] += 1")


def _apart(site: BlockScope | None, home: BlockScope) -> bool:
    """Whether a loop or a function lies between a definition and the block it belongs to."""
    block = site
    while block is not None and block is not home:
        if block.repeats or block.parent is None or block.parent.function is not block.function:
            return True
        block = block.parent
    return False
