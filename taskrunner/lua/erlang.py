"""What of Erlang shows through Luerl: text made of code points and bytes, and values that Lua code cannot name.

`unicode:characters_to_binary` gives a tuple instead of failing when bytes are no UTF-8; Luerl passes that tuple on as
a value (`Unknown`), whose type is "unknown". Knows neither tables nor the VM.
"""

from __future__ import annotations

from typing import Final

Part = str | bytes  # code points, or bytes that Erlang takes for UTF-8


class Unknown:
    """A value that is no Lua value: `term` is its Erlang text, as the node would log it."""

    __slots__ = ("term",)

    def __init__(self, term: str) -> None:
        self.term = term

    def __repr__(self) -> str:
        return f"Unknown({self.term})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and self.term == other.term

    def __hash__(self) -> int:
        return hash(self.term)


STANDARD_IO: Final = Unknown("{userdata,standard_io,nil}")


def characters_to_binary(parts: list[Part]) -> bytes | Unknown:
    """Joins text and bytes as Erlang does: bytes next to each other count as one, and must be UTF-8."""
    if all(part.isascii() for part in parts):
        return b"".join(part.encode("ascii") if isinstance(part, str) else part for part in parts)
    joined = _join(parts)
    done = b""
    for index, part in enumerate(joined):
        if isinstance(part, str):
            text, bad = _encode(part)
            done += text
            if bad:
                return _broken("error", done, [bad, *joined[index + 1 :]])
            continue
        try:
            part.decode("utf-8")
        except UnicodeDecodeError as fault:
            done += part[: fault.start]
            incomplete = fault.end == len(part) and "unexpected end" in fault.reason and index == len(joined) - 1
            kind = "incomplete" if incomplete else "error"
            return _broken(kind, done, [part[fault.start :], *joined[index + 1 :]])
        done += part
    return done


def checked_binary(data: bytes) -> bytes | Unknown:
    """`characters_to_binary` of one binary: what cannot be read is told without a list around it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        kind = "incomplete" if fault.end == len(data) and "unexpected end" in fault.reason else "error"
        done, rest = binary_term(data[: fault.start]), binary_term(data[fault.start :])
        return Unknown(f"{{{kind},{done},{rest}}}")
    return data


def _join(parts: list[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        if not part:
            continue
        if joined and type(joined[-1]) is type(part):
            joined[-1] += part  # type: ignore[operator]
        else:
            joined.append(part)
    return joined


def _encode(text: str) -> tuple[bytes, str]:
    try:
        return text.encode("utf-8"), ""
    except UnicodeEncodeError as fault:
        return text[: fault.start].encode("utf-8"), text[fault.start :]


def _broken(kind: str, done: bytes, rest: list[Part]) -> Unknown:
    tail = ",".join(binary_term(part) if isinstance(part, bytes) else f"[{string_term(part)}]" for part in rest)
    return Unknown(f"{{{kind},{binary_term(done)},[{tail}]}}")


def binary_term(data: bytes) -> str:
    """A binary as Erlang prints it: `<<"text">>`, or its numbers when a byte is not printable Latin-1."""
    if not data:
        return "<<>>"
    if all(_printable(code) for code in data):
        return f"<<{string_term(data.decode('latin-1'))}>>"
    return f"<<{','.join(map(str, data))}>>"


def raw_binary_term(data: bytes) -> str:
    """A binary as `~w` prints it: always its numbers."""
    return f"<<{','.join(map(str, data))}>>"


def string_term(text: str) -> str:
    """A list of characters as Erlang prints it."""
    escapes = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'


def _printable(code: int) -> bool:
    return 32 <= code <= 126 or code >= 160 or 8 <= code <= 13 or code == 27


def utf8_or_latin1(data: bytes) -> bytes:
    """What `~ts` prints for a binary: itself if it is UTF-8, else each byte as a Latin-1 character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1").encode("utf-8")
    return data
