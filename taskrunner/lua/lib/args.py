"""What library functions do with their arguments: conversions as Luerl makes them, and the badarg error.

An explicit nil is not an absent argument: it fails its conversion (LUERL `nil-optarg`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.numbers import to_integer, to_number, to_text

_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {"s": to_text, "i": to_integer, "n": to_number}


def badarg(name: str, args: Sequence[Any]) -> LuaError:
    """The error "bad argument ... to 'name'" over all arguments given."""
    return LuaError("badarg", name, tuple(args))


def convert(args: Sequence[Any], kinds: str) -> list[Any] | None:
    """Converts the leading arguments: `s` string, `i` integer, `n` number, `b` truth, `a` anything; None if one fails.

    Stops at the shorter of both: absent arguments stay absent, surplus ones are ignored.
    """
    converted: list[Any] = []
    for value, kind in zip(args, kinds, strict=False):
        if kind == "a":
            converted.append(value)
        elif kind == "b":
            converted.append(value is not None and value is not False)
        else:
            result = _CONVERSIONS[kind](value)
            if result is None:
                return None
            converted.append(result)
    return converted


def text_argument(name: str, args: Sequence[Any], where: str) -> bytes:
    """The one string a function wants; without any argument Luerl has no clause for it and crashes."""
    given = convert(args, "s")
    if given is None:
        raise badarg(name, args)
    if not given:
        raise FidelityCrash("{case_clause,[]}", f"{{{where},3}}")
    text: bytes = given[0]
    return text


def integers(args: Sequence[Any]) -> list[int] | None:
    """All arguments as integers, or None."""
    return convert(args, "i" * len(args))


def numbers(args: Sequence[Any]) -> list[int | float | None]:
    """All arguments as numbers; None for each that is none."""
    return [to_number(value) for value in args]


def truth(values: Sequence[Any]) -> bool:
    """Whether the first value returned counts as true."""
    return bool(values) and values[0] is not None and values[0] is not False
