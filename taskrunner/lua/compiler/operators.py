"""Operators as Python expressions: the common case inline, everything else in a helper of the VM.

Two ints are added by Python's `+`; strings, floats (whose overflow is an error), metamethods and wrong operands go to
the helper. The operands are evaluated left to right, once (LUERL `eval-order`: a local on the left is read first).
"""

from __future__ import annotations

from typing import Final

from taskrunner.lua import syntax
from taskrunner.lua.compiler.base import GeneratorBase
from taskrunner.lua.compiler.code import Code

_INLINE: Final = {"+": "add", "-": "sub", "*": "mul", "&": "band", "|": "bor", "~": "bxor"}
_PYTHON: Final = {"~": "^"}
_HELPERS: Final = {"/": "div", "//": "idiv", "%": "mod", "^": "power", "<<": "shl", ">>": "shr"}
_ORDER: Final = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
LITERALS: Final = frozenset(("int", "float", "string"))  # kinds that are only known of pure expressions


class Operators(GeneratorBase):
    """Unary and binary operators, and truth."""

    def unary(self, node: syntax.Unary) -> Code:
        """`not`, `-`, `#`, `~`."""
        if node.operator == "not":
            inner = self.condition(node.operand)
            return Code(f"(not {inner.text})", "boolean", depth=inner.depth + 1)
        operand = self.spilled(self.expression(node.operand))
        if node.operator == "-":
            if operand.kind == "int":
                return Code(f"(-{operand.text})", "int", inert=operand.inert, depth=operand.depth + 1)
            first, again = self.first_use(operand)
            text = f"(-{again} if type({first}) is int else {self.marked(node, f'unm({again})')})"
            return Code(text, depth=operand.depth + 3)
        helper = "length" if node.operator == "#" else "bnot"
        return Code(self.marked(node, f"{helper}({operand.text})"), depth=operand.depth + 1)

    def binary(self, node: syntax.Binary) -> Code:
        """Any operator with two operands, for its value."""
        operator = node.operator
        if operator in ("and", "or"):
            return self._logical(node)
        if operator in ("==", "~="):
            return self._equality(node)
        if operator == "..":
            return self._concatenation(node)
        if operator in _ORDER:
            return self._comparison(node, _ORDER[operator])
        left = self.spilled(self.expression(node.left))
        right = self.spilled(self.expression(node.right))
        depth = max(left.depth, right.depth) + 3
        if operator in _INLINE:
            kind = "int" if left.kind == right.kind == "int" else ""
            return Code(self._arithmetic(node, left, right), kind, depth=depth)
        return Code(self._division(node, left, right), depth=depth)

    def _arithmetic(self, node: syntax.Binary, left: Code, right: Code) -> str:
        operator = node.operator
        helper, python = _INLINE[operator], _PYTHON.get(operator, operator)
        if left.kind == right.kind == "int":
            return f"({left.text} {python} {right.text})"
        first, a, second, b = self.pair(left, right)
        if right.kind == "int" and right.atom:
            test = f"type({first}) is int"
        elif left.kind == "int" and left.atom:
            test = f"type({second}) is int"
        else:
            test = f"type({first}) is type({second}) is int"
            if operator == "*":
                test += f" and LEAST < {a} < MOST"  # one operand must be small, or the product could take minutes
        slow = self.marked(node, f"{helper}({a}, {b})")
        return f"({a} {python} {b} if {test} else {slow})"

    def _division(self, node: syntax.Binary, left: Code, right: Code) -> str:
        helper = _HELPERS[node.operator]
        divisor = node.right.value if isinstance(node.right, syntax.Constant) else None
        if type(divisor) is int and divisor > 0 and node.operator in ("%", "//"):
            first, again = self.first_use(left)
            test = f"type({first}) is int"
            if node.operator == "//":
                test += f" and {again} >= 0"
            slow = self.marked(node, f"{helper}({again}, {divisor})")
            return f"({again} {node.operator} {divisor} if {test} else {slow})"
        left_text = left.text
        if left.atom and not left.inert and not right.inert:
            left_text = self.first_use(Code(left.text))[0]
        return self.marked(node, f"{helper}({left_text}, {right.text})")

    def _comparison(self, node: syntax.Binary, helper: str) -> Code:
        left = self.spilled(self.expression(node.left))
        right = self.spilled(self.expression(node.right))
        depth = max(left.depth, right.depth) + 3
        operator = node.operator
        if left.kind == right.kind == "int":
            return Code(f"({left.text} {operator} {right.text})", "boolean", depth=depth)
        first, a, second, b = self.pair(left, right)
        if right.kind == "int" and right.atom:
            test = f"type({first}) is int"
        elif left.kind == "int" and left.atom:
            test = f"type({second}) is int"
        else:
            test = f"type({first}) is type({second}) is int"
        kind = "boolean" if helper.startswith("is_") else ""
        slow = self.marked(node, f"{helper}({a}, {b})")
        return Code(f"({a} {operator} {b} if {test} else {slow})", kind, depth=depth)

    def _equality(self, node: syntax.Binary) -> Code:
        operator = "==" if node.operator == "==" else "!="
        for constant, other in ((node.right, node.left), (node.left, node.right)):
            if isinstance(constant, syntax.Constant):
                code = self.spilled(self.expression(other))
                return Code(self._equals_constant(code, constant.value, operator), "boolean", depth=code.depth + 3)
        left = self.spilled(self.expression(node.left))
        right = self.spilled(self.expression(node.right))
        first, a, second, b = self.pair(left, right)
        helper = "eq" if operator == "==" else "ne"
        slow = self.marked(node, f"{helper}({a}, {b})")
        text = f"({a} {operator} {b} if type({first}) is type({second}) is not Table else {slow})"
        return Code(text, "boolean", depth=max(left.depth, right.depth) + 3)

    def _equals_constant(self, code: Code, value: object, operator: str) -> str:
        if value is None or value is True or value is False:
            if code.kind in LITERALS:
                return "False" if operator == "==" else "True"
            return f"({code.text} {'is' if operator == '==' else 'is not'} {value})"
        if type(value) is not bytes and value in (0, 1):
            first, again = self.first_use(code)
            if operator == "==":
                return f"({first} == {value!r} and type({again}) is not bool)"
            return f"({first} != {value!r} or type({again}) is bool)"
        return f"({code.text} {operator} {constant_text(value)})"

    def _concatenation(self, node: syntax.Binary) -> Code:
        operands = [node.left]
        rest: syntax.Expression = node.right
        while isinstance(rest, syntax.Binary) and rest.operator == "..":
            operands.append(rest.left)
            rest = rest.right
        operands.append(rest)
        codes = [self.spilled(self.expression(operand)) for operand in operands]
        helper = "concat" if len(codes) == 2 else "concat_all"
        text = f"{helper}({', '.join(code.text for code in codes)})"
        return Code(self.marked(node, text), depth=max(code.depth for code in codes) + 1)

    def _logical(self, node: syntax.Binary) -> Code:
        left = self.spilled(self.expression(node.left))
        right = self.spilled(self.expression(node.right))
        if left.kind in LITERALS:
            return right if node.operator == "and" else left
        depth = max(left.depth, right.depth) + 3
        first, again = self.first_use(left)
        if left.kind == right.kind == "boolean":
            return Code(f"({left.text} {node.operator} {right.text})", "boolean", depth=depth)
        test = self._truth_text(first, again, left.kind)
        if node.operator == "and":
            return Code(f"({right.text} if {test} else {again})", depth=depth)
        return Code(f"({again} if {test} else {right.text})", depth=depth)

    def _truth_text(self, first: str, again: str, kind: str) -> str:
        if kind == "boolean":
            return first
        return f"{first} is not None and {again} is not False"

    def condition(self, node: syntax.Expression) -> Code:
        """See the base class."""
        if isinstance(node, syntax.Paren):
            return self.condition(node.inner)
        if isinstance(node, syntax.Constant):
            return Code("False" if node.value is None or node.value is False else "True", "boolean")
        if isinstance(node, syntax.Binary):
            if node.operator in ("and", "or"):
                left = self.spilled(self.condition(node.left))
                right = self.spilled(self.condition(node.right))
                text = f"({left.text} {node.operator} {right.text})"
                return Code(text, "boolean", depth=max(left.depth, right.depth) + 1)
            if node.operator in _ORDER:
                return self.spilled(self._comparison(node, f"is_{_ORDER[node.operator]}"))
        code = self.spilled(self.expression(node))
        if code.kind == "boolean":
            return code
        if code.kind in LITERALS:
            return Code("True", "boolean")
        first, again = self.first_use(code)
        return Code(f"({self._truth_text(first, again, code.kind)})", "boolean", depth=code.depth + 2)


def constant_text(value: object) -> str:
    """A Lua constant as Python source."""
    if type(value) is int and value.bit_length() > 10000:
        return hex(value)
    return repr(value)
