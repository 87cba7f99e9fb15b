"""The bit32 library of Lua 5.2, which Luerl keeps: 32-bit operands, results as floats that are not cut to 32 bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Final

from taskrunner.lua.errors import FidelityCrash
from taskrunner.lua.lib.args import badarg, integers
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.numbers import as_float

_MASK: Final = 0xFFFFFFFF


def _given(name: str, args: Args, count: int) -> list[int]:
    values = integers(args)
    if values is None or len(values) < count:
        raise badarg(name, args)
    return values


def _folding(name: str, combine: Callable[[int, int], int], empty: int) -> LibraryFunction:
    def function(_host: Host, args: Args) -> Args:
        values = [value & _MASK for value in _given(name, args, 0)]
        return (float(reduce(combine, values)) if values else empty,)

    return function


def btest(_host: Host, args: Args) -> Args:
    """Whether any bit is set in all operands."""
    return (reduce(int.__and__, (value & _MASK for value in _given("btest", args, 0)), _MASK) != 0,)


def bnot(_host: Host, args: Args) -> Args:
    """The complement, negative as Erlang has it."""
    values = integers(args)
    if values is None:
        raise badarg("bnot", args)
    if not values:
        raise FidelityCrash("{case_clause,[]}", "{luerl_lib_bit32,fbnot,3}")
    return (float(~(values[0] & _MASK)),)


def _shifting(name: str, left: bool) -> LibraryFunction:
    def function(host: Host, args: Args) -> Args:
        number, distance = _given(name, args, 2)[:2]
        return (_shifted(host, number & _MASK, distance if left else -distance),)

    return function


def _shifted(host: Host, number: int, left: int) -> float:
    if left > 1100:
        host.check_string(left // 8)
        if number:
            raise FidelityCrash("badarg", "{erlang,float,1}")
        return 0.0
    return as_float(number << left if left >= 0 else number >> -left)


def _rotating(name: str, left: bool) -> LibraryFunction:
    def function(host: Host, args: Args) -> Args:
        number, distance = _given(name, args, 2)[:2]
        host.charge(abs(distance) // 4)
        turn = (distance if left else -distance) % 32
        number &= _MASK
        return (float(((number << turn) | (number >> (32 - turn))) & _MASK),)

    return function


def extract(_host: Host, args: Args) -> Args:
    """Bits of a field."""
    number, field, width = (*_given("extract", args, 2), 1)[:3]
    _check_field("extract", args, field, width)
    return (float(((number & _MASK) >> field) & ((1 << width) - 1)),)


def replace(_host: Host, args: Args) -> Args:
    """Bits of a field replaced."""
    number, value, field, width = (*_given("replace", args, 3), 1)[:4]
    _check_field("replace", args, field, width)
    mask = ((1 << width) - 1) << field
    return (float((number & _MASK & ~mask) | ((value << field) & mask)),)


def _check_field(name: str, args: Args, field: int, width: int) -> None:
    if field < 0 or width <= 0:
        raise badarg(name, args)
    if field + width > 32:
        raise badarg("extract", args)


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "band": _folding("band", int.__and__, _MASK),
    "bnot": bnot,
    "bor": _folding("bor", int.__or__, 0),
    "btest": btest,
    "bxor": _folding("bxor", int.__xor__, 0),
    "lshift": _shifting("lshift", left=True),
    "rshift": _shifting("rshift", left=False),
    "arshift": _shifting("arshift", left=False),
    "lrotate": _rotating("lrotate", left=True),
    "rrotate": _rotating("rrotate", left=False),
    "extract": extract,
    "replace": replace,
}
ERLANG_NAMES: Final = {name: f"f{name}" for name in FUNCTIONS}
