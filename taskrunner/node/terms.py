"""Rich values as Erlang prints them in an error: maps, binaries, lists and tuples, broken into lines at 80 columns.

Knows the layout only as far as errors of devices show it (aos-NOTES, json-iface); a tuple is a Python tuple, a Python
`str` an Erlang string, bytes a binary.
"""

from __future__ import annotations

from typing import Any

from taskrunner.wire import Atom

COLUMN = len("fun dev_process:compute/3 -> ")  # where the term of an error in compute begins
_WIDTH = 80
_LONGEST = 60  # characters of one line beyond its indentation
_TAG = 4


def term(value: Any, column: int = COLUMN) -> str:
    """The text of a term that begins at `column` of its line."""
    return _layout(value, column, 0)


def _layout(value: Any, column: int, closing: int) -> str:
    flat = _flat(value)
    if len(flat) + closing <= _LONGEST and column + len(flat) + closing < _WIDTH:
        return flat
    if isinstance(value, dict) and value:
        return _map(value, column, closing)
    if isinstance(value, tuple) and len(value) > 1:
        return _tuple(value, column, closing)
    if isinstance(value, list) and value:
        lines = [_layout(item, column + 1, closing + 1) for item in value]
        return "[" + f",\n{' ' * (column + 1)}".join(lines) + "]"
    return flat


def _map(value: dict[Any, Any], column: int, closing: int) -> str:
    lines = []
    for number, (key, item) in enumerate(_sorted(value), 1):
        rest = closing + 1 if number == len(value) else 1
        name = _flat(_key(key))
        start = column + 2 + len(name) + 4
        flat = _flat(item)
        if len(name) + 4 + len(flat) + rest <= _LONGEST and start + len(flat) + rest < _WIDTH:
            lines.append(f"{name} => {flat}")
        else:
            inner = column + 6
            lines.append(f"{name} =>\n{' ' * inner}{_layout(item, inner, rest)}")
    return "#{" + f",\n{' ' * (column + 2)}".join(lines) + "}"


def _tuple(value: tuple[Any, ...], column: int, closing: int) -> str:
    tag = _flat(value[0])
    inner = column + min(len(tag) + 2, _TAG)
    lines = [_layout(item, inner, closing + 1) for item in value[1:]]
    return "{" + f",\n{' ' * inner}".join([tag, *lines]) + "}"


def _flat(value: Any) -> str:
    if isinstance(value, bytes):
        return _binary(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Atom):
        return value.name
    if isinstance(value, dict):
        pairs = (f"{_flat(_key(key))} => {_flat(item)}" for key, item in _sorted(value))
        return "#{" + ",".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        start, end = "[]" if isinstance(value, list) else "{}"
        return start + ",".join(map(_flat, value)) + end
    return str(value)


def _binary(value: bytes) -> str:
    if not value:
        return "<<>>"
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return "<<" + ",".join(map(str, value)) + ">>"
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )
    if not escaped.isprintable():
        return "<<" + ",".join(map(str, value)) + ">>"
    return f'<<"{escaped}">>' if value.isascii() else f'<<"{escaped}"/utf8>>'


def _key(key: Any) -> Any:
    return key.encode("utf-8", "surrogateescape") if isinstance(key, str) else key


def _sorted(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(value.items(), key=lambda pair: str(pair[0]).encode("utf-8", "surrogateescape"))
