"""Loops as Python `for` statements over the meter's ticks, so that each turn counts one step.

Numeric loops run over a `range` when all bounds are ints. Generic loops call their iterator, except that `next` and
the iterator of `ipairs` are stepped without a call.
"""

from __future__ import annotations

from abc import abstractmethod

from taskrunner.lua import syntax
from taskrunner.lua.compiler.base import MOST_LOOPS
from taskrunner.lua.compiler.code import Code
from taskrunner.lua.compiler.statements import Statements


class Loops(Statements):
    """The four kinds of loop."""

    def loop(self, node: syntax.Statement) -> None:
        """See the base class."""
        self.loops += 1
        if self.loops > MOST_LOOPS:
            self.too_deep("loops")
        if isinstance(node, syntax.While | syntax.NumericFor | syntax.GenericFor):
            self.look_at(node.start, node.body.start)
        match node:
            case syntax.While():
                self._while(node)
            case syntax.Repeat():
                self._repeat(node)
            case syntax.NumericFor():
                self._numeric_for(node)
            case syntax.GenericFor():
                self._generic_for(node)
            case _:
                raise AssertionError(node)
        self.loops -= 1

    def _while(self, node: syntax.While) -> None:
        test = self.tested(node.condition)
        self.write("for _ in T:")
        self.indent += 1
        if test.text != "True":
            self.write(f"if not {test.text}: break")
        else:
            self.write("pass")
        self.block(node.body)
        self.indent -= 1

    def _repeat(self, node: syntax.Repeat) -> None:
        self.write("for _ in T:")
        self.indent += 1
        with self.inside(node.body) as frame:
            for statement in node.body.statements:
                self.guarded(frame, statement)
            outside, self.out = self.out, []
            frame.hoisted = []
            self.begin_statement(node.condition, node.line)
            test = self.tested(node.condition)
            self.write(f"if {test.text}: break")
            written, self.out = self.out, outside
            self.out += frame.hoisted + written
        self.indent -= 1

    def _numeric_for(self, node: syntax.NumericFor) -> None:
        variable = self.scopes.variables[id(node.name)]
        first = self.spilled(self.expression(node.first))
        limit = self.spilled(self.expression(node.limit))
        step = self.spilled(self.expression(node.step)) if node.step is not None else Code("1", "int", atom=True)
        simple = node.step is None and first.kind == "int" and first.atom and (limit.atom or limit.kind == "int")
        if simple and limit.kind == "int":
            values = f"range({first.text}, {limit.text} + 1)"
        elif simple:
            values = f"range({first.text}, {limit.text} + 1) if type({limit.text}) is int else loop_values"
            values += f"({first.text}, {limit.text}, 1)"
        else:
            values = f"loop_values({first.text}, {limit.text}, {step.text})"
        name = f"{variable.python}_raw" if variable.cell else variable.python
        self.write(f"for {name}, _ in zip({values}, T):")
        self.indent += 1
        if variable.cell:
            self.write(f"{variable.python} = [{name}]")
        self.counted_body(node.body)
        self.indent -= 1
        self.count_exit(node)

    def _generic_for(self, node: syntax.GenericFor) -> None:
        function, state, control = (self.unique(prefix) for prefix in ("gf", "gs", "gc"))
        walker, values = self.unique("gw"), self.unique("gr")
        if len(node.values) == 1:
            self.write(
                f"{function}, {state}, {control} = for_values({self.spilled(self.several(node.values[0])).text})"
            )
        else:
            listed = self.values_tuple(node.values)
            self.write(f"{function}, {state}, {control} = for_values({listed.text})")
        self.write(f"{walker} = walker({function}, {state}, {control})")
        call = f"({function} if type({function}) is F else callee({function}))({state}, {control})"
        self.write("for _ in T:")
        self.indent += 1
        self.write(f"{values} = {call} if {walker} is None else nx({walker}, ())")
        self.write(f"if not {values} or ({control} := {values}[0]) is None or {control} is False: break")
        for index, name in enumerate(node.names):
            variable = self.scopes.variables[id(name)]
            text = control if index == 0 else f"({values}[{index}] if len({values}) > {index} else None)"
            self.write(f"{variable.python} = {f'[{text}]' if variable.cell else text}")
        self.counted_body(node.body)
        self.indent -= 1
        self.count_exit(node)

    @abstractmethod
    def counted_body(self, node: syntax.Block) -> None:
        """A loop's body, with coverage of its being entered if asked for."""

    @abstractmethod
    def count_exit(self, node: syntax.Node) -> None:
        """Coverage of a loop's end, if asked for."""
