"""Lua source text from values: literals and names that production's lexer reads as they are meant.

Luerl encodes non-ASCII source bytes twice (LUERL §1.7), so literals escape them; it knows nothing of plans.
"""

from __future__ import annotations

import json
import re
from typing import Any

KEYWORDS = frozenset(
    (  # Lua 5.3, as Luerl has it
        *("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local"),
        *("nil", "not", "or", "repeat", "return", "then", "true", "until", "while"),
    )
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def is_name(text: str) -> bool:
    """Whether a text can stand after a dot: an ASCII identifier that is no keyword."""
    return _NAME.match(text) is not None and text not in KEYWORDS


def quoted(text: str) -> str:
    """A short string literal; everything outside printable ASCII becomes a decimal escape of its UTF-8 bytes."""
    parts = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            parts.append("\\" + char)
        elif 32 <= byte < 127:
            parts.append(char)
        else:
            parts.append(f"\\{byte:03d}")
    return f'"{"".join(parts)}"'


def index(table: str, key: str) -> str:
    """`table.key`, or `table["key"]` where the key is no name."""
    return f"{table}.{key}" if is_name(key) else f"{table}[{quoted(key)}]"


def variable(text: str) -> str:
    """A local variable's name for any text: `Amount` is amount, `Order-Id` is order_id."""
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_") or "value"
    return name if is_name(name) else f"{name}_" if name in KEYWORDS else f"_{name}"


def comment(text: str, width: int = 100) -> list[str]:
    """Comment lines without control characters, wrapped at `width`."""
    import textwrap

    clean = " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", text).split())
    return [f"-- {line}" for line in textwrap.wrap(clean, width, break_long_words=False)] or ["--"]


def literal(value: Any) -> str:
    """A JSON value as a Lua expression; `null` is nil."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"{{{', '.join(literal(item) for item in value)}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(name)} = {literal(item)}' for name, item in value.items())}}}"
    return repr(value)


def initial(kind: str, text: str) -> str:
    """The literal for a state variable of a plan's type whose Initial cell reads `text`; the type's zero if unclear."""
    zero = {"int": "0", "number": "0", "bool": "false", "json": "{}"}.get(kind, '""')
    cell = text.strip()
    if kind == "int":
        return str(int(cell)) if re.fullmatch(r"[+-]?\d+", cell) else zero
    if kind == "number":
        return repr(float(cell)) if re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) and "." in cell else initial("int", cell)
    if kind == "bool":
        return "true" if cell.lower() == "true" else zero
    if kind == "json":
        try:
            return literal(json.loads(cell))
        except (ValueError, RecursionError):
            return zero
    return quoted(cell.strip("\"'"))


def _key(name: str) -> str:
    return name if is_name(name) else f"[{quoted(name)}]"
