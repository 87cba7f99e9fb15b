"""Statements as Python statements: blocks, locals, assignments, `if`, `return`.

Values are computed before the targets of an assignment are looked at, and targets are stored from right to left
(LUERL `eval-order`). Loops are in `loops`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from taskrunner.lua import syntax
from taskrunner.lua.compiler.base import BlockFrame
from taskrunner.lua.compiler.calls import Calls
from taskrunner.lua.compiler.code import Code
from taskrunner.lua.compiler.operators import constant_text

_NEVER_NIL = frozenset(("int", "float", "string", "boolean", "table", "function"))


class Statements(Calls):
    """Everything but loops and functions."""

    def block(self, node: syntax.Block) -> None:
        """See the base class."""
        with self.inside(node) as frame:
            for statement in node.statements:
                self.guarded(frame, statement)

    def inside(self, node: syntax.Block) -> _Inside:
        """Enters the scope of a block."""
        return _Inside(self, node)

    def guarded(self, frame: BlockFrame, statement: syntax.Statement) -> None:
        """One statement, with what it hoists before it."""
        outside, self.out = self.out, []
        frame.hoisted = []
        self.statement(statement)
        written, self.out = self.out, outside
        self.out += frame.hoisted
        self.out += written

    def statement(self, node: syntax.Statement) -> None:
        """One statement."""
        self.begin_statement(node, node.line)
        self.count_line(node)
        match node:
            case syntax.Local():
                self._local(node)
            case syntax.Assign():
                self._assign(node)
            case syntax.CallStatement():
                self.write(self.several(node.call).text)
            case syntax.If():
                self._if(node)
            case syntax.Return():
                self.returned(self.values_tuple(node.values))
            case syntax.LocalFunction():
                self._local_function(node)
            case syntax.Do():
                self.block(node.body)
            case syntax.Break():
                self.write("break" if self.loops else "stray_break()")
            case _:
                self.loop(node)

    @abstractmethod
    def loop(self, node: syntax.Statement) -> None:
        """A loop."""

    @abstractmethod
    def count_line(self, node: syntax.Node) -> None:
        """Coverage of a statement, if asked for."""

    @abstractmethod
    def tested(self, node: syntax.Expression) -> Code:
        """A condition, with coverage of both outcomes if asked for."""

    def returned(self, values: Code) -> None:
        """Leaves the function with these values."""
        self.write(f"return {values.text}")

    def _local(self, node: syntax.Local) -> None:
        targets: list[str] = []
        for name in node.names:
            targets.append(self.scopes.variables[id(name)].python)
        values = self._adjusted(node.values, len(targets))
        for name, value in zip(node.names, values, strict=True):
            if self.scopes.variables[id(name)].cell:
                values[targets.index(self.scopes.variables[id(name)].python)] = Code(f"[{value.text}]")
        if len(targets) == 1:
            self.write(f"{targets[0]} = {values[0].text}")
        else:
            self.write(f"{', '.join(targets)} = {', '.join(value.text for value in values)}")

    def _adjusted(self, nodes: Sequence[syntax.Expression], wanted: int) -> list[Code]:
        """Exactly so many values, as expressions to be evaluated in this order; surplus ones are evaluated and dropped.

        The last expression is evaluated into a temporary if it has to give several.
        """
        if not nodes:
            return [Code("None", "nil", atom=True, inert=True)] * wanted
        if len(nodes) > wanted:
            names = [self._kept(node) for node in nodes]
            return names[:wanted]
        if len(nodes) == wanted or not self.is_several(nodes[-1]):
            codes = [self.spilled(self.expression(node)) for node in nodes]
            return codes + [Code("None", "nil", atom=True, inert=True)] * (wanted - len(nodes))
        codes = [self.spilled(self.expression(node)) for node in nodes[:-1]]
        last = self.spilled(self.several(nodes[-1]))
        first, again = self.first_use(last)
        missing = wanted - len(nodes) + 1
        codes.append(Code(f"({again}[0] if {first} else None)"))
        codes.extend(Code(f"({again}[{index}] if len({again}) > {index} else None)") for index in range(1, missing))
        return codes

    def _kept(self, node: syntax.Expression) -> Code:
        """Evaluates now, into a temporary."""
        code = self.spilled(self.expression(node))
        if code.atom and code.inert:
            return code
        name = self.temporary()
        self.write(f"{name} = {code.text}")
        return Code(name, code.kind, atom=True, inert=True)

    def _local_function(self, node: syntax.LocalFunction) -> None:
        variable = self.scopes.variables[id(node.name)]
        if variable.cell:
            # first of all: what is hoisted before this statement may bind the cell
            self.hoist([(0, f"{variable.python} = [None]", self.line_now, self.device_now)])
            self.write(f"{variable.python}[0] = {self.function_value(node.function).text}")
        else:
            self.write(f"{variable.python} = {self.function_value(node.function).text}")

    def _assign(self, node: syntax.Assign) -> None:
        if len(node.targets) == 1 and len(node.values) == 1:
            self._store(node.targets[0], self.spilled(self.expression(node.values[0])))
            return
        values = self._adjusted(node.values, len(node.targets))
        names = [self.temporary() for _ in values]
        self.write(f"{', '.join(names)} = {', '.join(value.text for value in values)}")
        for target, name, value in reversed(list(zip(node.targets, names, values, strict=True))):
            self._store(target, Code(name, value.kind, atom=True, inert=True))

    def _store(self, target: syntax.Name | syntax.Index, value: Code) -> None:
        if isinstance(target, syntax.Index):
            self._store_field(target, value)
            return
        variable = self.scopes.variables.get(id(target))
        if variable is not None:
            self.write(f"{variable.python}{'[0]' if variable.cell else ''} = {value.text}")
            return
        key = constant_text(target.name.encode("ascii"))
        name = value.text if value.atom and value.inert else self._moved(value)
        test = "G.meta is None" if value.kind in _NEVER_NIL else f"G.meta is None and {name} is not None"
        self.write(f"if {test}: G[{key}] = {name}")
        self.write(f"else: set_index(G, {key}, {name})")

    def _store_field(self, target: syntax.Index, value: Code) -> None:
        held = value.text if value.atom and value.inert else self._moved(value)
        item_code = self.spilled(self.expression(target.object))
        key_code = self.spilled(self.expression(target.key))
        # a variable is looked at now unless the key could change it; a constant must not stand before a dot
        stays = item_code.atom and (item_code.inert or key_code.inert) and not _is_constant(target.object)
        item = item_code.text if stays else self._moved(item_code)
        key = key_code.text if key_code.atom and key_code.inert else self._moved(key_code)
        tests = [f"type({item}) is Table and {item}.meta is None"]
        if value.kind not in _NEVER_NIL:
            tests.append(f"{held} is not None")
        if key_code.kind not in ("string", "int"):
            tests.append(f"(type({key}) is int or type({key}) is bytes)")
        store = f"set_index({item}, {key}, {held})"
        self.write(f"if {' and '.join(tests)}: {item}[{key}] = {held}")
        self.write(f"else: {self.marked(target, store)}")

    def _moved(self, value: Code) -> str:
        name = self.temporary()
        self.write(f"{name} = {value.text}")
        return name

    def _if(self, node: syntax.If) -> None:
        word = "if"
        if len(node.tests) > 400:
            self.too_deep("elseif branches")
        for condition, body in node.tests:
            self.line_now, self.device_now = self.source.place(condition.start)[0], condition.line
            self.look_at(condition.start, condition.end)
            test = self.tested(condition)
            self.write(f"{word} {test.text}:")
            self._body(body)
            word = "elif"
        if node.otherwise is not None and node.otherwise.statements:
            self.write("else:")
            self._body(node.otherwise)

    def _body(self, node: syntax.Block) -> None:
        self.indent += 1
        before = len(self.out)
        self.block(node)
        if len(self.out) == before:
            self.write("pass")
        self.indent -= 1


def _is_constant(node: syntax.Expression) -> bool:
    while isinstance(node, syntax.Paren):
        node = node.inner
    return isinstance(node, syntax.Constant)


class _Inside:
    """The scope of a block, as a context; keeps the temporaries of the statement around it apart."""

    def __init__(self, generator: Statements, node: syntax.Block) -> None:
        self._generator = generator
        self._scope = generator.scopes.blocks[id(node)]
        self._outside = generator.block_scope

    def __enter__(self) -> BlockFrame:
        frame = BlockFrame(self._generator.indent)
        self._generator.frames[self._scope] = frame
        self._generator.block_scope = self._scope
        return frame

    def __exit__(self, *_: object) -> None:
        del self._generator.frames[self._scope]
        self._generator.block_scope = self._outside
