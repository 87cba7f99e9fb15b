"""Calls as Python expressions, and expressions that give several values.

A Lua function is a Python function, so a call is a call; what is not a function goes through `callee`, whose result
raises production's error once the arguments are evaluated. Calls with an open number of arguments go through `spread`,
which keeps them off the C stack.
"""

from __future__ import annotations

from taskrunner.lua import syntax
from taskrunner.lua.compiler.access import Access
from taskrunner.lua.compiler.code import Code


class Calls(Access):
    """Calls, method calls, and the dispatch over all expressions."""

    def expression(self, node: syntax.Expression) -> Code:
        """See the base class."""
        match node:
            case syntax.Constant():
                return self.constant(node)
            case syntax.Name():
                return self.name(node)
            case syntax.Index():
                return self.index(node)
            case syntax.Binary():
                return self.binary(node)
            case syntax.Call() | syntax.Method():
                return self._first_of(self.several(node))
            case syntax.Unary():
                return self.unary(node)
            case syntax.Paren():
                return self.expression(node.inner)
            case syntax.TableConstructor():
                return self.table(node)
            case syntax.Function():
                return self.function_value(node)
            case syntax.Vararg():
                return self.vararg()

    def _first_of(self, values: Code) -> Code:
        name = self.temporary()
        return Code(f"({name}[0] if ({name} := {values.text}) else None)", depth=values.depth + 2)

    def is_several(self, node: syntax.Expression) -> bool:
        """See the base class. In Luerl `and` and `or` pass several values on."""
        while isinstance(node, syntax.Binary) and node.operator in ("and", "or"):
            if self.is_several(node.right):
                return True
            node = node.left
        return isinstance(node, syntax.Call | syntax.Method | syntax.Vararg)

    def several(self, node: syntax.Expression) -> Code:
        """See the base class."""
        if isinstance(node, syntax.Call):
            return self._call(node)
        if isinstance(node, syntax.Method):
            return self._method(node)
        if isinstance(node, syntax.Vararg):
            return Code("va", atom=True, inert=True)
        if isinstance(node, syntax.Binary) and self.is_several(node):
            return self._logical_several(node)
        code = self.spilled(self.expression(node))
        return Code(f"({code.text},)", inert=code.inert, depth=code.depth + 1)

    def _logical_several(self, node: syntax.Binary) -> Code:
        left = self.spilled(self.several(node.left))
        right = self.spilled(self.several(node.right))
        first, again = self.first_use(left)
        depth = max(left.depth, right.depth) + 2
        if node.operator == "and":
            return Code(f"({right.text} if truth({first}) else {again})", depth=depth)
        return Code(f"({again} if truth({first}) else {right.text})", depth=depth)

    def _callee(self, node: syntax.Expression) -> Code:
        """What to call, as a Python callable."""
        if isinstance(node, syntax.Name) and id(node) not in self.scopes.variables:
            name = self.temporary()
            key = repr(node.name.encode("ascii"))
            text = f"({name} if type({name} := G.get({key})) is F else callee(index(G, {key})))"
            return Code(text, depth=3)
        if isinstance(node, syntax.Index) and isinstance(node.key, syntax.Constant) and type(node.key.value) is bytes:
            return self._field_callee(node, repr(node.key.value))
        code = self.spilled(self.expression(node))
        if code.kind == "function":
            return code
        first, again = self.first_use(code)
        return Code(f"({again} if type({first}) is F else callee({again}))", depth=code.depth + 3)

    def _field_callee(self, node: syntax.Index, key: str) -> Code:
        item = self.spilled(self.expression(node.object))
        first, again = self.receiver(item)
        name = self.temporary()
        text = f"({name} if type({first}) is Table and type({name} := {again}.get({key})) is F "
        return Code(f"{text}else {self.marked(node, f'callee(index({again}, {key}))')})", depth=item.depth + 4)

    def _call(self, node: syntax.Call) -> Code:
        callee = self._callee(node.function)
        arguments = node.arguments
        if arguments and self.is_several(arguments[-1]):
            values = self.values_tuple(arguments)
            text = f"spread({callee.text}, {values.text})"
            return Code(self.marked(node, text), depth=max(callee.depth, values.depth) + 1)
        codes = [self.spilled(self.expression(argument)) for argument in arguments]
        text = f"{callee.text}({', '.join(code.text for code in codes)})"
        return Code(self.marked(node, text), depth=max([callee.depth, *(code.depth for code in codes)]) + 2)

    def _method(self, node: syntax.Method) -> Code:
        item = self.spilled(self.expression(node.object))
        arguments = node.arguments
        key = repr(node.name.encode("ascii"))
        if arguments and self.is_several(arguments[-1]):
            return self._open_method(node, item, key)
        codes = [self.spilled(self.expression(argument)) for argument in arguments]
        depth = max([item.depth, *(code.depth for code in codes)]) + 5
        if all(code.inert for code in codes):
            first, again = self.receiver(item)
            text = f"{self._found_method(first, again, key)}({', '.join([again, *(code.text for code in codes)])})"
            return Code(self.marked(node, text), depth=depth)
        # production looks the method up when the arguments are there
        names = [self.temporary() for _ in range(len(codes) + 1)]
        steps = [f"({name} := {code.text})" for name, code in zip(names, [item, *codes], strict=True)]
        call = self.marked(node, f"{self._found_method(names[0], names[0], key)}({', '.join(names)})")
        return Code(f"({', '.join([*steps, call])})[-1]", depth=depth)

    def _open_method(self, node: syntax.Method, item: Code, key: str) -> Code:
        values = self.values_tuple(node.arguments)
        name = self.temporary()
        call = self.marked(node, f"spread(method({name}[0], {key}), {name})")
        text = f"(({name} := ({item.text}, *{values.text})), {call})[-1]"
        return Code(text, depth=max(item.depth, values.depth) + 4)

    def _found_method(self, first: str, again: str, key: str) -> str:
        name = self.temporary()
        test = f"type({first}) is Table and type({name} := {again}.get({key})) is F"
        return f"({name} if {test} else method({again}, {key}))"
