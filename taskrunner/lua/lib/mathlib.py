"""The math library on Erlang's: floor and ceil give integers of any size, a domain error crashes the call (LUERL §3).

Every function looks at the arguments it needs and ignores the rest; strings that hold numbers count as floats.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, Final

from taskrunner.lua.errors import FidelityCrash
from taskrunner.lua.lib.args import badarg, convert, integers, numbers
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.lib.random import Exs1024
from taskrunner.lua.numbers import Number, as_float

_LARGEST: Final = 1.7976931348623157e308


def _guarded(where: str, compute: Callable[..., float], *values: Number) -> float:
    """Computes in floats; what Erlang refuses crashes there as badarith."""
    try:
        result = compute(*(float(value) for value in values))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise FidelityCrash("badarith", where) from None
    if not -_LARGEST <= result <= _LARGEST:
        raise FidelityCrash("badarith", where)
    return result


def _needed(name: str, args: Args, count: int = 1) -> list[Any]:
    given = numbers(args[:count])
    if len(given) < count or None in given:
        raise badarg(name, args)
    return given


def _unary(name: str, compute: Callable[[float], float]) -> LibraryFunction:
    where = f"{{math,{name},1}}"

    def function(_host: Host, args: Args) -> Args:
        return (_guarded(where, compute, *_needed(name, args)),)

    return function


def abs_(_host: Host, args: Args) -> Args:
    """The absolute value, of the same kind."""
    return (abs(_needed("abs", args)[0]),)


def _rounding(name: str, compute: Callable[[Any], int]) -> LibraryFunction:
    def function(_host: Host, args: Args) -> Args:
        number = args[0] if args and type(args[0]) in (int, float) else _needed(name, args)[0]
        return (compute(number),)

    return function


def atan(_host: Host, args: Args) -> Args:
    """Of one number, or of y and x when both are numbers."""
    given = numbers(args[:2])
    if len(given) == 2 and None not in given:
        return (_guarded("{math,atan2,2}", math.atan2, *_needed("atan", args, 2)),)
    return (_guarded("{math,atan,1}", math.atan, *_needed("atan", args)),)


def atan2(_host: Host, args: Args) -> Args:
    """The angle of x and y."""
    return (_guarded("{math,atan2,2}", math.atan2, *_needed("atan2", args, 2)),)


def deg(_host: Host, args: Args) -> Args:
    """Radians to degrees."""
    return (_guarded("{luerl_lib_math,deg,3}", lambda value: 180.0 * value / math.pi, *_needed("deg", args)),)


def rad(_host: Host, args: Args) -> Args:
    """Degrees to radians."""
    return (_guarded("{luerl_lib_math,rad,3}", lambda value: math.pi * value / 180.0, *_needed("rad", args)),)


def fmod(_host: Host, args: Args) -> Args:
    """x minus y times the truncated quotient, which is taken in floats; y = 0 crashes."""
    x, y = _needed("fmod", args, 2)
    where = "{luerl_lib_math,fmod,3}"
    quotient = int(_guarded(where, lambda one, two: one / two, x, y))
    if type(x) is int and type(y) is int:
        return (x - quotient * y,)
    return (
        _guarded(where, lambda one, product: one - product, x, _guarded(where, lambda *p: p[0] * p[1], quotient, y)),
    )


def frexp(_host: Host, args: Args) -> Args:
    """Mantissa and exponent from the bits of the float; of zero, what the bits say."""
    (number,) = _needed("frexp", args)
    (bits,) = struct.unpack(">Q", struct.pack(">d", as_float(number)))
    exponent, mantissa = (bits >> 52) & 0x7FF, ((bits & ((1 << 52) - 1)) | (1 << 52)) / (1 << 52)
    return (math.copysign(mantissa / 2, -1.0 if bits >> 63 else 1.0), exponent - 1022)


def ldexp(_host: Host, args: Args) -> Args:
    """Mantissa times a power of two; wants a float and an integer."""
    given = numbers(args[:2])
    if [type(number) for number in given] != [float, int]:
        raise badarg("ldexp", args)
    mantissa, exponent = _needed("ldexp", args, 2)
    power = _guarded("{math,pow,2}", math.pow, 2, exponent)
    return (_guarded("{luerl_lib_math,ldexp,3}", lambda one, two: one * two, mantissa, power),)


def log(_host: Host, args: Args) -> Args:
    """The natural logarithm, or to a base; of zero and below it crashes."""
    given = numbers(args[:2])
    if not given or given[0] is None:
        raise badarg("log", args)
    if len(given) == 1 or given[1] is None:
        return (_guarded("{math,log,1}", math.log, given[0]),)
    if given[1] == 10:
        return (_guarded("{math,log10,1}", math.log10, given[0]),)
    logs = (_guarded("{math,log,1}", math.log, given[0]), _guarded("{math,log,1}", math.log, given[1]))
    return (_guarded("{luerl_lib_math,log,3}", lambda one, two: one / two, *logs),)


def log10(_host: Host, args: Args) -> Args:
    """To base 10; of zero it is -500.0."""
    (number,) = _needed("log10", args)
    return (-500.0 if number == 0 else _guarded("{math,log10,1}", math.log10, number),)


def max_(_host: Host, args: Args) -> Args:
    """The largest; the first of equal ones."""
    return (max(_all_numbers("max", args)),)


def min_(_host: Host, args: Args) -> Args:
    """The smallest; the first of equal ones."""
    return (min(_all_numbers("min", args)),)


def _all_numbers(name: str, args: Args) -> list[Any]:
    given = convert(args, "n" * len(args))
    if not given:
        raise badarg(name, args)
    return given


def modf(_host: Host, args: Args) -> Args:
    """The whole part as an integer, the rest as a float."""
    (number,) = _needed("modf", args)
    return (number, 0.0) if type(number) is int else (int(number), float(number - int(number)))


def pow_(_host: Host, args: Args) -> Args:
    """A power in floats."""
    return (_guarded("{math,pow,2}", math.pow, *_needed("pow", args, 2)),)


def random(host: Host, args: Args) -> Args:
    """A float below 1, or an integer from 1 or a lower bound up to an upper one."""
    bounds = integers(args)
    if bounds == []:
        return (host.rng.uniform(),)
    if bounds is not None and len(bounds) == 1 and bounds[0] >= 1:
        return (host.rng.below(bounds[0]),)
    if bounds is not None and len(bounds) == 2 and bounds[1] >= bounds[0]:
        return (host.rng.below(bounds[1] - bounds[0] + 1) + bounds[0] - 1,)
    raise badarg("random", args)


def randomseed(host: Host, args: Args) -> Args:
    """Starts Erlang's generator from a number."""
    host.rng = Exs1024.from_number(as_float(_needed("randomseed", args)[0]))
    return ()


def tointeger(_host: Host, args: Args) -> Args:
    """A whole number as an integer, else nil."""
    if not args:
        raise badarg("tointeger", args)
    return tuple(integers(args[:1]) or (None,))


def type_(_host: Host, args: Args) -> Args:
    """`integer`, `float` or nil."""
    if not args:
        raise badarg("type", args)
    return ({int: b"integer", float: b"float"}.get(type(args[0])),)


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "abs": abs_,
    "acos": _unary("acos", math.acos),
    "asin": _unary("asin", math.asin),
    "atan": atan,
    "atan2": atan2,
    "ceil": _rounding("ceil", math.ceil),
    "cos": _unary("cos", math.cos),
    "cosh": _unary("cosh", math.cosh),
    "deg": deg,
    "exp": _unary("exp", math.exp),
    "floor": _rounding("floor", math.floor),
    "fmod": fmod,
    "frexp": frexp,
    "ldexp": ldexp,
    "log": log,
    "log10": log10,
    "max": max_,
    "min": min_,
    "modf": modf,
    "pow": pow_,
    "rad": rad,
    "random": random,
    "randomseed": randomseed,
    "sin": _unary("sin", math.sin),
    "sinh": _unary("sinh", math.sinh),
    "sqrt": _unary("sqrt", math.sqrt),
    "tan": _unary("tan", math.tan),
    "tanh": _unary("tanh", math.tanh),
    "tointeger": tointeger,
    "type": type_,
}
CONSTANTS: Final[dict[str, Number]] = {
    "huge": _LARGEST,
    "maxinteger": 0x7FFFFFFFFFFFFFFF,
    "mininteger": -0x8000000000000000,
    "pi": math.pi,
}
