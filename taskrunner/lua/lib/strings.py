"""The string library without patterns: bytes in, bytes out, Latin-1 case, with Luerl's defects (LUERL §2 "Strings")."""

from __future__ import annotations

from typing import Final

from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.lib.args import badarg, convert, integers
from taskrunner.lua.lib.base import tostring_one
from taskrunner.lua.lib.format import BadFormat, format_text
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.lib.matching import find, gmatch, gsub, match
from taskrunner.lua.numbers import to_text

_TO_UPPER: Final = bytes(
    code - 32 if 97 <= code <= 122 or 224 <= code <= 246 or 248 <= code <= 254 else code for code in range(256)
)
_TO_LOWER: Final = bytes(
    code + 32 if 65 <= code <= 90 or 192 <= code <= 214 or 216 <= code <= 222 else code for code in range(256)
)


def byte(_host: Host, args: Args) -> Args:
    """The codes from i to j; one nil when there is none."""
    given = convert(args, "sii")
    if not given:
        raise badarg("byte", args)
    text: bytes = given[0]
    first = given[1] if len(given) > 1 else 1
    low, high = _range(len(text), first, given[2] if len(given) > 2 else first)
    return tuple(text[low - 1 : high]) if text and low <= high else (None,)


def _range(size: int, first: int, last: int) -> tuple[int, int]:
    """Positions from the end made positive, then cut to the text."""
    low = size + first + 1 if first < 0 else first
    high = size + last + 1 if last < 0 else last
    return max(low, 1), min(high, size)


def char(host: Host, args: Args) -> Args:
    """A string of codes; a code outside 0..255 crashes production."""
    if args == (None,):
        return (b"",)
    codes = integers(args)
    if codes is None:
        raise badarg("char", args)
    host.charge(len(codes) // 8)
    try:
        return (bytes(codes),)
    except ValueError:
        raise FidelityCrash("badarg", "{erlang,list_to_binary,1}") from None


def dump(_host: Host, args: Args) -> Args:
    """Exists, and always fails."""
    raise badarg("dump", args)


def format_(host: Host, args: Args) -> Args:
    """`string.format`: any failure, also of a `__tostring`, is one badarg over all arguments."""
    source = to_text(args[0]) if args else None
    if source is None:
        raise badarg("format", args)
    try:
        result = format_text(source, args[1:], lambda value: tostring_one(host, value), host.check_string)
    except (BadFormat, LuaError, FidelityCrash):
        raise badarg("format", args) from None
    host.charge(1 + (len(result) // 16 if isinstance(result, bytes) else 0))
    return (result,)


def length(_host: Host, args: Args) -> Args:
    """The number of bytes."""
    text = to_text(args[0]) if args else None
    if text is None:
        raise badarg("len", args)
    return (len(text),)


def lower(host: Host, args: Args) -> Args:
    """Latin-1 letters made small, byte by byte."""
    return (_text_argument(host, "lower", args).translate(_TO_LOWER),)


def upper(host: Host, args: Args) -> Args:
    """Latin-1 letters made large, byte by byte."""
    return (_text_argument(host, "upper", args).translate(_TO_UPPER),)


def reverse(host: Host, args: Args) -> Args:
    """The bytes in reverse."""
    return (_text_argument(host, "reverse", args)[::-1],)


def _text_argument(host: Host, name: str, args: Args) -> bytes:
    text = to_text(args[0]) if args else None
    if text is None:
        raise badarg(name, args)
    host.charge(len(text) // 16)
    return text


def rep(host: Host, args: Args) -> Args:
    """`n` copies with a separator between them; production has no limit, we have."""
    if len(args) == 2:
        args = (*args, b"")
    given = convert(args, "sis") if len(args) > 2 else None
    if given is None:
        raise badarg("rep", args)
    text, count, separator = given
    if count <= 0:
        return (b"",)
    size = len(text) * count + len(separator) * (count - 1)
    host.check_string(max(size, count // 8))  # production lays out a list of the copies, however short they are
    host.charge(size // 64)
    return (text + (separator + text) * (count - 1),)


def sub(host: Host, args: Args) -> Args:
    """The part from i to j; i = 0 without j gives the whole text."""
    given = convert(args, "sii")
    if given is None or len(given) < 2:
        raise badarg("sub", args)
    text: bytes = given[0]
    low, high = _range(len(text), given[1], given[2] if len(given) > 2 else len(text))
    if high - low > 1024:
        host.charge((high - low) // 64)
    return (text[low - 1 : high] if low <= high else b"",)


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "byte": byte,
    "char": char,
    "dump": dump,
    "find": find,
    "format": format_,
    "gmatch": gmatch,
    "gsub": gsub,
    "len": length,
    "lower": lower,
    "match": match,
    "rep": rep,
    "reverse": reverse,
    "sub": sub,
    "upper": upper,
}
