"""The utf8 library as Luerl has it (LUERL `utf8lib`): "" is an error, `codepoint` gives all, bad bytes crash."""

from __future__ import annotations

from typing import Any, Final

from taskrunner.lua.erlang import binary_term
from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.lib.args import badarg, convert, integers, text_argument
from taskrunner.lua.lib.host import Args, Host, LibraryFunction

CHARPATTERN: Final = b"[\0-\x7f\xc2-\xf4][\x80-\xbf]*"


def char(host: Host, args: Args) -> Args:
    """UTF-8 of code points; what is none crashes production."""
    codes = integers(args)
    if codes is None:
        raise badarg("char", args)
    host.charge(len(codes) // 4)
    try:
        return ("".join(map(chr, codes)).encode("utf-8"),)
    except (ValueError, OverflowError):
        raise FidelityCrash("badarg", "{luerl_lib_utf8,'-utf8_char/3-lbc$^0/2-0-',2}") from None


def _bounds(name: str, args: Args) -> tuple[bytes, int, int]:
    """The text and the positions i and j, which must lie inside it; defaults 1 and the end."""
    given = convert(args, "sii")
    if given is None:
        raise badarg(name, args)
    if not given:
        raise FidelityCrash("{case_clause,[]}", "{luerl_lib_utf8,string_args,3}")
    text: bytes = given[0]
    size = len(text)
    positions = [given[1] if len(given) > 1 else 1, given[2] if len(given) > 2 else size]
    inside = [place if place > 0 else size + place + 1 for place in positions]
    if any(place == 0 or not 1 <= here <= size for place, here in zip(positions, inside, strict=True)):
        raise badarg(name, args)
    return text, inside[0], inside[1]


def _character(text: bytes, at: int) -> tuple[int, int] | None:
    """The code point at a 0-based place and the place after it; None if the bytes are no UTF-8."""
    lead = text[at]
    size = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        return ord(text[at : at + size].decode("utf-8")), at + size
    except (UnicodeDecodeError, TypeError):
        return None


def length(host: Host, args: Args) -> Args:
    """The number of characters that begin from i to j, or nil and the place of the first bad byte."""
    text, first, last = _bounds("len", args)
    host.charge((last - first) // 4 + 1)
    at, count = first - 1, 0
    while at < last and first <= last:
        found = _character(text, at)
        if found is None:
            return (None, at + 1)
        count, at = count + 1, found[1]
    return (count,)


def codepoint(host: Host, args: Args) -> Args:
    """The code points from i to j, by default all of them."""
    text, first, last = _bounds("codepoint", args)
    if first > last:
        return ()
    host.check_memory(last - first)
    host.charge((last - first) // 4 + 1)
    codes: list[int] = []
    at = first - 1
    while at < last:
        found = _character(text, at)
        if found is None:
            raise badarg("codepoint", args)
        codes.append(found[0])
        at = found[1]
    return tuple(codes)


def codes(host: Host, args: Args) -> Args:
    """An iterator over end positions and code points."""
    text = text_argument("codes", args, "luerl_lib_utf8,codes")
    return (host.codes_function, text, 0)


def codes_next(_host: Host, args: Args) -> Args:
    """The end of the next character and its code point; bytes that are no UTF-8 crash."""
    where = "{luerl_lib_utf8,codes_next,2}"
    if not args or type(args[0]) is not bytes:
        raise FidelityCrash("function_clause", where)
    text: bytes = args[0]
    at: Any = args[1] if len(args) > 1 else 0
    if type(at) not in (int, float) or at >= len(text):
        return (None,)
    if type(at) is not int or at < 0:
        raise FidelityCrash(f"{{badmatch,{binary_term(text)}}}", where)
    found = _character(text, at)
    if found is None:
        raise FidelityCrash(f"{{badmatch,{binary_term(text)}}}", where)
    return (found[1], found[0])


def offset(_host: Host, args: Args) -> Args:
    """Not implemented in Luerl: checks its arguments, then raises."""
    _bounds("offset", args)
    raise LuaError("term", "{'NYI',offset}")


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "char": char,
    "codepoint": codepoint,
    "codes": codes,
    "len": length,
    "offset": offset,
}
ERLANG_NAMES: Final = {"char": "utf8_char", "len": "utf8_len"}
