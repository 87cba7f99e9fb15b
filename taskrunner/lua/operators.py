"""Operators on any values: numbers as Erlang computes them, then metamethods, then production's errors.

`Operators` is one part of the VM; compiled code adds two ints itself and comes here for everything else. Numbers never
leave the finite: what overflows, or divides by zero, is the error `bad arithmetic` (LUERL `no-inf-nan`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from taskrunner.lua.cost import STRIDE, Cost
from taskrunner.lua.errors import LimitError, LuaError
from taskrunner.lua.metatables import Metatables, first
from taskrunner.lua.numbers import Number, number_text, to_integer, to_number
from taskrunner.lua.values import Table, Value

_MOST_BITS: Final = 1 << 20  # of an integer: one operation on larger ones could take us minutes
_STRIDE: Final = STRIDE - 1
_NUMBERS: Final = (int, float)
_FINITE: Final = 1.7976931348623157e308

Compute = Callable[[Any, Any], Number]


def _add(a: Number, b: Number) -> Number:
    return a + b


def _sub(a: Number, b: Number) -> Number:
    return a - b


def _mul(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int and a.bit_length() + b.bit_length() > _MOST_BITS:
        raise _too_big()
    return a * b


def _div(a: Number, b: Number) -> Number:
    return float(a) / float(b)


def _idiv(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int:
        quotient = abs(a) // abs(b)
        if (a < 0) == (b < 0) or not quotient:  # production looks at the quotient's sign, which 0 has not
            return quotient
        return -quotient if quotient * abs(b) == abs(a) else -quotient - 1
    return float(math.floor(a / b))


def _mod(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int:
        return a % b
    return a - math.floor(a / b) * b


def _power(a: Number, b: Number) -> Number:
    return math.pow(a, b)


def _shl(a: int, b: int) -> int:
    if b < 0:
        return a >> -b
    if a.bit_length() + b > _MOST_BITS:
        raise _too_big()
    return a << b


def _shr(a: int, b: int) -> int:
    return _shl(a, -b)


def _too_big() -> LimitError:
    return LimitError("memory", f"an integer of more than {_MOST_BITS} bits: this engine stops, production goes on")


class Operators(Metatables):
    """The operators; each method takes operands and gives one value."""

    cost: Cost

    def _arithmetic(self, sign: str, event: bytes, compute: Compute, a: Value, b: Value) -> Value:
        one = a if type(a) in _NUMBERS else to_number(a)
        two = b if type(b) in _NUMBERS else to_number(b)
        if one is None or two is None:
            return self._operate("badarith", sign, event, a, b)
        return _computed(sign, compute, one, two)

    def _bitwise(self, sign: str, event: bytes, compute: Compute, a: Value, b: Value) -> Value:
        one, two = to_integer(a), to_integer(b)
        if one is None or two is None:
            return self._operate("badarith", sign, event, a, b)
        return _computed(sign, compute, one, two)

    def _operate(self, kind: str, sign: str, event: bytes, a: Value, b: Value) -> Value:
        """The metamethod of either operand, or the error."""
        handler = self.metamethod(a, event)
        if handler is None:
            handler = self.metamethod(b, event)
            if handler is None:
                raise LuaError(kind, sign, (a, b))
        function = handler if type(handler) is FunctionType else self.callee(handler)
        return first(function(a, b))

    def _operate_one(self, kind: str, sign: str, event: bytes, a: Value) -> Value:
        handler = self.metamethod(a, event)
        if handler is None:
            raise LuaError(kind, sign, (a,))
        function = handler if type(handler) is FunctionType else self.callee(handler)
        return first(function(a))

    def add(self, a: Value, b: Value) -> Value:
        """`a + b`"""
        if type(a) is float and type(b) is float and -_FINITE <= (result := a + b) <= _FINITE:
            return result
        return self._arithmetic("+", b"__add", _add, a, b)

    def sub(self, a: Value, b: Value) -> Value:
        """`a - b`"""
        if type(a) is float and type(b) is float and -_FINITE <= (result := a - b) <= _FINITE:
            return result
        return self._arithmetic("-", b"__sub", _sub, a, b)

    def mul(self, a: Value, b: Value) -> Value:
        """`a * b`"""
        if type(a) is float and type(b) is float and -_FINITE <= (result := a * b) <= _FINITE:
            return result
        return self._arithmetic("*", b"__mul", _mul, a, b)

    def div(self, a: Value, b: Value) -> Value:
        """`a / b`, always a float."""
        return self._arithmetic("/", b"__div", _div, a, b)

    def idiv(self, a: Value, b: Value) -> Value:
        """`a // b`"""
        return self._arithmetic("//", b"__idiv", _idiv, a, b)

    def mod(self, a: Value, b: Value) -> Value:
        """`a % b`"""
        return self._arithmetic("%", b"__mod", _mod, a, b)

    def power(self, a: Value, b: Value) -> Value:
        """`a ^ b`, always a float."""
        return self._arithmetic("^", b"__pow", _power, a, b)

    def band(self, a: Value, b: Value) -> Value:
        """`a & b`"""
        return self._bitwise("&", b"__band", int.__and__, a, b)

    def bor(self, a: Value, b: Value) -> Value:
        """`a | b`"""
        return self._bitwise("|", b"__bor", int.__or__, a, b)

    def bxor(self, a: Value, b: Value) -> Value:
        """`a ~ b`"""
        return self._bitwise("~", b"__bxor", int.__xor__, a, b)

    def shl(self, a: Value, b: Value) -> Value:
        """`a << b`: never truncates."""
        return self._bitwise("<<", b"__shl", _shl, a, b)

    def shr(self, a: Value, b: Value) -> Value:
        """`a >> b`: arithmetic."""
        return self._bitwise(">>", b"__shr", _shr, a, b)

    def unm(self, a: Value) -> Value:
        """`-a`"""
        number = to_number(a)
        return -number if number is not None else self._operate_one("badarith", "-", b"__unm", a)

    def bnot(self, a: Value) -> Value:
        """`~a`"""
        number = to_integer(a)
        return ~number if number is not None else self._operate_one("badarith", "~", b"__bnot", a)

    def length(self, a: Value) -> Value:
        """`#a`"""
        if type(a) is bytes:
            return len(a)
        if type(a) is Table and (a.meta is None or b"__len" not in a.meta):
            size = a.length()
            if size and not size & _STRIDE:
                self.cost.length(size)
            return size
        return self._operate_one("badarg", "#", b"__len", a)

    def eq(self, a: Value, b: Value) -> bool:
        """`a == b`: `__eq` counts only if both tables have the same one."""
        if a is b:
            return True
        if type(a) is Table and type(b) is Table:
            handler = self.metamethod(a, b"__eq")
            if handler is None or not self._same(handler, self.metamethod(b, b"__eq")):
                return False
            values = (handler if type(handler) is FunctionType else self.callee(handler))(a, b)
            return bool(values) and values[0] is not None and values[0] is not False
        return self._same(a, b)

    def _same(self, a: Value, b: Value) -> bool:
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return bool(a == b)
        return a is b or (type(a) is type(b) and type(a) is not Table and bool(a == b))

    def ne(self, a: Value, b: Value) -> bool:
        """`a ~= b`"""
        return not self.eq(a, b)

    def lt(self, a: Value, b: Value, sign: str = "<") -> Value:
        """`a < b`; what `__lt` returns is the result, whatever it is."""
        if (type(a) in _NUMBERS and type(b) in _NUMBERS) or type(a) is type(b) is bytes:
            return a < b
        return self._operate("badarg", sign, b"__lt", a, b)

    def le(self, a: Value, b: Value, sign: str = "<=") -> Value:
        """`a <= b`; without `__le` production asks `__lt` for `b < a` and does not negate it."""
        if (type(a) in _NUMBERS and type(b) in _NUMBERS) or type(a) is type(b) is bytes:
            return a <= b
        if self.metamethod(a, b"__le") is None and self.metamethod(b, b"__le") is None:
            handler = self.metamethod(a, b"__lt")
            if handler is None:
                handler = self.metamethod(b, b"__lt")
            if handler is not None:
                return first((handler if type(handler) is FunctionType else self.callee(handler))(b, a))
        return self._operate("badarg", sign, b"__le", a, b)

    def gt(self, a: Value, b: Value) -> Value:
        """`a > b`"""
        return self.lt(b, a, ">")

    def ge(self, a: Value, b: Value) -> Value:
        """`a >= b`"""
        return self.le(b, a, ">=")

    def is_lt(self, a: Value, b: Value) -> bool:
        """Whether `a < b` counts as true."""
        return _true(self.lt(a, b))

    def is_le(self, a: Value, b: Value) -> bool:
        """Whether `a <= b` counts as true."""
        return _true(self.le(a, b))

    def is_gt(self, a: Value, b: Value) -> bool:
        """Whether `a > b` counts as true."""
        return _true(self.lt(b, a, ">"))

    def is_ge(self, a: Value, b: Value) -> bool:
        """Whether `a >= b` counts as true."""
        return _true(self.le(b, a, ">="))

    def concat(self, a: Value, b: Value) -> Value:
        """`a .. b`"""
        if _is_text(a) and _is_text(b):
            one = a if type(a) is bytes else number_text(a)
            two = b if type(b) is bytes else number_text(b)
            self.meter.string(len(one) + len(two))
            return one + two
        return self._operate("badarg", "..", b"__concat", a, b)

    def concat_all(self, *values: Value) -> Value:
        """`a .. b .. c`, from the right."""
        texts = [value if type(value) is bytes else number_text(value) for value in values if _is_text(value)]
        if len(texts) == len(values):
            self.meter.string(sum(map(len, texts)))
            return b"".join(texts)
        result = values[-1]
        for value in reversed(values[:-1]):
            result = self.concat(value, result)
        return result


def _true(value: Value) -> bool:
    return value is not None and value is not False


def _is_text(value: Value) -> bool:
    kind = type(value)
    return kind is bytes or kind is int or kind is float


def _computed(sign: str, compute: Compute, a: Number, b: Number) -> Number:
    try:
        result = compute(a, b)
    except (ArithmeticError, ValueError):
        raise LuaError("badarith", sign, (a, b)) from None
    if type(result) is float and not -_FINITE <= result <= _FINITE:
        raise LuaError("badarith", sign, (a, b))
    return result
