"""Source text to tokens, as Luerl's scanner cuts it, with its gaps and its double encoding (LUERL `literals`).

Bytes in, tokens out. A token is a tuple (kind, value, start, end, line): kind is "name", "number", "string", "eof" or
the keyword or operator itself; offsets count bytes; lines count from 1. Knows nothing of the grammar.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, Final, NoReturn, TypeAlias

from taskrunner.lua.errors import LuaSyntaxError
from taskrunner.lua.numbers import float_text, hex_float, integer_from_text, integer_text

Token: TypeAlias = tuple[str, Any, int, int, int]

KEYWORDS: Final = frozenset(
    [
        "and",
        "break",
        "do",
        "else",
        "elseif",
        "end",
        "false",
        "for",
        "function",
        "goto",
        "if",
        "in",
        "local",
        "nil",
        "not",
        "or",
        "repeat",
        "return",
        "then",
        "true",
        "until",
        "while",
    ]
)

# Luerl's scanner takes the longest match. These alternatives are ordered so that the first one is the longest.
_TOKEN = re.compile(
    rb"(?P<space>[\t-\r \xa0]++)"
    rb"|(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    rb"|(?P<comment>--(?:\[\[(?:[^\]]|\][^\]])*+\]\]|\n|\[\n|\[[^\[\n][^\n]*+|[^\[\n][^\n]*+))"
    rb"|(?P<unfinished>--\[\[)"
    rb"|(?P<hex>0[xX](?:[0-9A-Fa-f]++(?![.pP0-9A-Fa-f])))"
    rb"|(?P<hexfloat>0[xX][0-9A-Fa-f]*+\.?[0-9A-Fa-f]*+(?:[pP][-+]?[0-9]++)?)"
    rb"|(?P<float>[0-9]++\.[0-9]*+(?:[eE][-+]?[0-9]++)?|\.[0-9]++(?:[eE][-+]?[0-9]++)?|[0-9]++[eE][-+]?[0-9]++)"
    rb"|(?P<integer>[0-9]++)"
    rb"|(?P<string>\"(?:\\.|\\\n|[^\"\\])*+\"|'(?:\\.|\\\n|[^'\\])*+')"
    rb"|(?P<long0>\[\[(?:[^\]]|\][^\]])*+\]\])"
    rb"|(?P<long1>\[=\[(?:[^\]]|\](?:=[^\]]|[^=]))*+\]=\])"
    rb"|(?P<long2>\[==\[(?:[^\]]|\](?:==[^\]]|=[^=]|[^=]))*+\]==\])"
    rb"|(?P<long3>\[===\[(?:[^\]]|\](?:===[^\]]|==[^=]|=[^=]|[^=]))*+\]===\])"
    rb"|(?P<symbol>\.\.\.|\.\.|==|~=|<=|>=|<<|>>|//|::|[-+*/%^&|~#<>=(){}\[\];:,.])"
)
_ESCAPES: Final = {
    ord("a"): 7,
    ord("b"): 8,
    ord("f"): 12,
    ord("n"): 10,
    ord("r"): 13,
    ord("t"): 9,
    ord("v"): 11,
    ord("\\"): 92,
    ord('"'): 34,
    ord("'"): 39,
}
_LONG_BRACKETS: Final = {"long0": 2, "long1": 3, "long2": 4, "long3": 5}
_HEX_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")
_ERLANG_WORDS: Final = frozenset(
    [
        "after",
        "and",
        "andalso",
        "band",
        "begin",
        "bnot",
        "bor",
        "bsl",
        "bsr",
        "bxor",
        "case",
        "catch",
        "cond",
        "div",
        "else",
        "end",
        "fun",
        "if",
        "let",
        "maybe",
        "not",
        "of",
        "or",
        "orelse",
        "receive",
        "rem",
        "try",
        "when",
        "xor",
    ]
)


class Source:
    """A chunk and the name it is reported under; turns offsets into lines and columns."""

    def __init__(self, text: bytes, name: str) -> None:
        self.text = text
        self.name = name
        self._starts: list[int] = []  # where lines begin

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both 1-based; columns count bytes."""
        if not self._starts:
            self._starts = [0, *(found.end() for found in re.finditer(rb"\n", self.text))]
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def fail(self, offset: int, message: str, luerl_text: str) -> NoReturn:
        """Raises our error, which says more than Luerl's; `luerl_text` is what `load` answers in production."""
        line, column = self.place(offset)
        text = luerl_text.encode("utf-8", "surrogateescape")
        raise LuaSyntaxError(message, text, file=self.name, line=line, column=column)


def tokenize(source: Source) -> list[Token]:
    """All tokens, with an "eof" token at the end; raises LuaSyntaxError where production's scanner stops."""
    text = source.text
    tokens: list[Token] = []
    append = tokens.append
    match = _TOKEN.match
    position, line, size = 0, 1, len(text)
    while position < size:
        found = match(text, position)
        if found is None:
            _illegal(source, position)
        kind = found.lastgroup or ""
        end = found.end()
        if kind == "name":
            word = text[position:end].decode("ascii")
            append((word if word in KEYWORDS else "name", word, position, end, line))
        elif kind == "symbol":
            append((text[position:end].decode("ascii"), None, position, end, line))
        elif kind == "space" or kind == "comment":
            line += text.count(b"\n", position, end)
        else:
            append(_literal(source, kind, position, end, line))
            line += text.count(b"\n", position, end)
        position = end
    append(("eof", None, size, size, line))
    return tokens


def _literal(source: Source, kind: str, start: int, end: int, line: int) -> Token:
    text = source.text[start:end]
    if kind == "string":
        return "string", short_string(source, start, text[1:-1]), start, end, line
    if kind in _LONG_BRACKETS:
        return "string", _long_string(text, _LONG_BRACKETS[kind]), start, end, line
    if kind == "integer":
        return "number", integer_from_text(text), start, end, line
    if kind == "hex":
        return "number", int(text[2:], 16), start, end, line
    if kind == "float":
        return "number", _float(source, start, text), start, end, line
    if kind == "hexfloat":
        value = hex_float(text)
        if value is None:
            source.fail(start, f"malformed number '{text.decode()}'", "malformed number")
        return "number", value, start, end, line
    return source.fail(start, "this long comment is never closed", "unfinished long comment")
    return None


def _float(source: Source, start: int, text: bytes) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        source.fail(start, f"the number {text.decode()} is too large for a float", "illegal number")
    return value


def short_string(source: Source, start: int, body: bytes) -> bytes:
    """The bytes of a quoted literal; bytes above 127 become two, as production encodes them once more."""
    if b"\\" not in body:
        if b"\n" in body:
            source.fail(start, "this string runs over the end of its line", "illegal string")
        return encode_twice(body)
    out = bytearray()
    position = 0
    while position < len(body):
        code = body[position]
        position += 1
        if code == 10:
            source.fail(start, "this string runs over the end of its line", "illegal string")
        elif code != 92:
            out += chr(code).encode("utf-8")
        else:
            position = _escape(source, start, body, position, out)
    return bytes(out)


def _escape(source: Source, start: int, body: bytes, position: int, out: bytearray) -> int:
    """Handles what follows a backslash; returns the position after it."""
    code = body[position]
    if 48 <= code <= 57:
        end = position + 1
        while end < min(position + 3, len(body)) and 48 <= body[end] <= 57:
            end += 1
        value = int(body[position:end])
        if value > 255:
            source.fail(start, f"'\\{value}' is no byte: decimal escapes end at \\255", "illegal string")
        out.append(value)
        return end
    if code == ord("x") and len(body) >= position + 3 and _HEX_DIGITS.issuperset(body[position + 1 : position + 3]):
        out.append(int(body[position + 1 : position + 3], 16))
        return position + 3
    if code == ord("z"):
        position += 1
        while position < len(body) and body[position] <= 32:
            position += 1
        return position
    if code not in _ESCAPES:
        shown = "line break" if code == 10 else f"'\\{chr(code)}'"
        source.fail(start, f"production knows no escape {shown} in strings", "illegal string")
    out.append(_ESCAPES[code])
    return position + 1


def _long_string(text: bytes, bracket: int) -> bytes:
    body = text[bracket:-bracket]
    return encode_twice(body[1:] if body.startswith(b"\n") else body)


def encode_twice(body: bytes) -> bytes:
    """Each byte as the UTF-8 of the code point of that number."""
    return body if body.isascii() else body.decode("latin-1").encode("utf-8")


def _illegal(source: Source, position: int) -> NoReturn:
    code = source.text[position]
    if code in b"\"'":
        shown = source.text[position:]
        source.fail(position, "this string is never closed", f"illegal characters {erlang_string(shown)}")
    shown = source.text[position : position + 1]
    what = f"'{chr(code)}'" if 32 < code < 127 else f"byte {code}"
    source.fail(position, f"{what} does not belong into Lua source", f"illegal characters {erlang_string(shown)}")


def erlang_string(data: bytes) -> str:
    """`io_lib:write_string/1` of bytes as characters."""
    named = {8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 27: "\\e", 34: '\\"', 92: "\\\\"}
    named[127] = "\\d"
    shown = (named.get(code) or (chr(code) if 32 <= code < 127 or code >= 160 else f"\\{code:o}") for code in data)
    return f'"{"".join(shown)}"'


def erlang_token(token: Token) -> str:
    """A token as production's parser names it in "syntax error before: "."""
    kind, value = token[0], token[1]
    if kind == "eof":
        return ""
    if kind == "name":
        return f'<<"{value}">>'
    if kind == "string":
        if all(32 <= code < 127 or code in (8, 9, 10, 11, 12, 13, 27) for code in value):
            return f"<<{erlang_string(value)}>>" if value else "<<>>"
        return f"<<{','.join(map(str, value))}>>"
    if kind == "number":
        return float_text(value) if type(value) is float else integer_text(value)
    return kind if kind.isalpha() and kind not in _ERLANG_WORDS else f"'{kind}'"
