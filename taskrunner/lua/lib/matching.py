"""`find`, `match`, `gsub` over Luerl's patterns, with its rules for captures and replacements (LUERL §2 "Strings").

The pattern machine itself is patterns.py; here are the start positions, the captures and the calls back into Lua.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.lib.args import badarg, convert
from taskrunner.lua.lib.host import Args, Host
from taskrunner.lua.lib.patterns import Capture, Pattern, compile_pattern
from taskrunner.lua.numbers import number_text, to_text
from taskrunner.lua.values import Table, is_function


def find(host: Host, args: Args) -> Args:
    """Start and end of the first match and its captures; a plain search for "" crashes production."""
    if len(args) == 2:
        args = (*args, 1.0)
    if len(args) == 3:
        args = (*args, None)
    given = convert(args, "ssib")
    if given is None or len(given) < 4:
        raise badarg("find", args)
    text, pattern, init, plain = given
    if init > len(text) + 1:
        return (None,)
    base = _start(len(text), init)
    if plain:
        return _find_plain(host, text, pattern, base)
    found = compile_pattern(pattern).search(text, base, host.charge)
    if found is None:
        return (None,)
    start, size = found[0]
    return (start + 1, start + size, *(_captured(text, capture, 0) for capture in found[1:]))


def _start(size: int, init: int) -> int:
    """The 0-based index where a search begins."""
    if init < 0:
        init = max(size + init + 1, 1)
    return max(init, 1) - 1


def _find_plain(host: Host, text: bytes, wanted: bytes, base: int) -> Args:
    if not wanted:
        raise FidelityCrash("badarg", "{binary,match,3}")
    host.charge((len(text) - base) // 64)
    at = text.find(wanted, base)
    return (None,) if at < 0 else (at + 1, at + len(wanted))


def match(host: Host, args: Args) -> Args:
    """The captures of the first match, or all of it; nothing matches in the empty rest of a text.

    Position captures count from `init`, not from the start of the text (LUERL `match-empty`).
    """
    if len(args) == 2:
        args = (*args, 1.0)
    given = convert(args, "ssi")
    if given is None or len(given) < 3:
        raise badarg("match", args)
    text, pattern, init = given
    if init > len(text) or not text:
        return (None,)
    base = _start(len(text), init)
    found = compile_pattern(pattern).search(text, base, host.charge)
    if found is None:
        return (None,)
    if len(found) == 1:
        start, size = found[0]
        return (text[start : start + size],)
    return tuple(_captured(text, capture, base) for capture in found[1:])


def _captured(text: bytes, capture: Capture, base: int) -> Any:
    start, size = capture
    return start - base + 1 if size < 0 else text[start : start + size]


def gmatch(_host: Host, args: Args) -> Args:
    """Exists, and always fails (LUERL `gmatch`)."""
    raise badarg("gmatch", args)


def gsub(host: Host, args: Args) -> Args:
    """Replaces matches; a count of zero or less is an error, an odd replacement deletes the match."""
    given = convert(args, "ssai")
    if given is None or len(given) < 3 or (len(given) == 4 and given[3] <= 0):
        raise badarg("gsub", args)
    text, pattern, replacement = given[:3]
    matches = _all_matches(host, text, compile_pattern(pattern), given[3] if len(given) == 4 else len(text) + 1)
    replace = _replacer(host, text, replacement)
    pieces: list[bytes] = []
    at = size = count = 0
    for captures in matches:
        count += 1
        start, length = captures[0]
        piece = replace(captures)
        size += start - at + len(piece)
        host.check_string(size)
        pieces += (text[at:start], piece)
        at = start + length
    pieces.append(text[at:])
    return (b"".join(pieces), count)


def _all_matches(host: Host, text: bytes, pattern: Pattern, most: int) -> Iterator[list[Capture]]:
    """Every match from left to right, one more time at the end of the text even after a match that ended there."""
    run = pattern.run(text, 0, host.charge)
    at = 0
    while most > 0 and at <= run.end:
        run.spend(1)
        captures = pattern.match(run, at)
        if captures is None:
            at += 1
            continue
        yield captures
        most -= 1
        at += captures[0][1] or 1
    run.settle()


def _replacer(host: Host, text: bytes, replacement: Any) -> Any:
    if isinstance(replacement, Table):
        return lambda captures: _kept(text, captures, host.index(replacement, _key(text, captures)))
    if is_function(replacement):

        def called(captures: list[Capture]) -> bytes:
            args = tuple(_captured(text, capture, 0) for capture in (captures[1:] or captures))
            values = host.call(replacement, args)
            return _kept(text, captures, values[0] if values else None)

        return called
    template = to_text(replacement)
    if template is None:
        return lambda _captures: b""
    if b"%" not in template:
        return lambda _captures: template
    return lambda captures: _filled(text, captures, template)


def _key(text: bytes, captures: list[Capture]) -> Any:
    return _captured(text, captures[min(1, len(captures) - 1)], 0)


def _kept(text: bytes, captures: list[Capture], value: Any) -> bytes:
    """A string or number replaces the match, anything else leaves it as it was."""
    replaced = to_text(value)
    if replaced is not None:
        return replaced
    start, size = captures[0]
    return text[start : start + size]


def _filled(text: bytes, captures: list[Capture], template: bytes) -> bytes:
    """`%0` to `%9` and `%%` in a replacement; any other `%` stays."""
    filled = bytearray()
    at = 0
    while at < len(template):
        code, follower = template[at], template[at + 1 : at + 2]
        if code == 37 and follower.isdigit():
            number = int(follower)
            if number >= len(captures):
                raise LuaError("illegal_index", "capture", number)
            value = _captured(text, captures[number], 0)
            filled += value if isinstance(value, bytes) else number_text(value)
            at += 2
        else:
            filled.append(code)
            at += 2 if code == 37 and follower == b"%" else 1
    return bytes(filled)
