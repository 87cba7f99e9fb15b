"""JSON as the node prints it: keys in byte order, numbers as Erlang writes them (`1.0e3`), no blanks (PROTOCOL §9.3).

Text must be UTF-8, and functions have no form: both crash a real node, and crash this one with the same words.
"""

from __future__ import annotations

import json
from typing import Any

from taskrunner.lua.numbers import float_text, integer_text
from taskrunner.node.results import Failure, Oops
from taskrunner.wire import Atom

WHERE = "fun dev_codec_json:serialize/3"
INVALID: Any = object()
_quote = json.encoder.encode_basestring


def encode(value: Any) -> bytes:
    """The JSON text of a rich value. Raises `Oops` for text that is no UTF-8, and for functions."""
    pieces: list[str] = []
    try:
        _write(value, pieces.append)
    except RecursionError:
        raise Oops("system_limit", WHERE, failure=Failure("MOD-NODE-DEPTH", "a result nested too deeply")) from None
    return "".join(pieces).encode()


def decode(text: bytes) -> Any:
    """The rich value of a JSON text; `INVALID` if it is none."""
    try:
        return _rich(json.loads(text))
    except (ValueError, RecursionError):
        return INVALID


def _rich(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, list):
        return [_rich(item) for item in value]
    if isinstance(value, dict):
        return {key: _rich(item) for key, item in value.items()}
    return value


def _write(value: Any, put: Any) -> None:
    kind = type(value)
    if kind is bytes:
        put(_quote(_utf8(value)))
    elif kind is str:
        put(_quote(_utf8(value.encode("utf-8", "surrogateescape"))))
    elif kind is bool or value is None:
        put({True: "true", False: "false", None: "null"}[value])
    elif kind is int:
        put(integer_text(value))
    elif kind is float:
        put(float_text(value))
    elif isinstance(value, dict):
        _write_map(value, put)
    elif isinstance(value, list):
        _write_list(value, put)
    elif isinstance(value, Atom):
        put(_quote(value.name))
    else:
        term = getattr(value, "term", kind.__name__)
        words = f"the results hold {term}, which has no JSON form: a real node answers 500 on the first read"
        raise Oops(f"{{unsupported_type,{term}}}", WHERE, failure=Failure("MOD-NODE-JSON", words))


def _write_map(value: dict[Any, Any], put: Any) -> None:
    put("{")
    for number, (key, item) in enumerate(_items(value)):
        put("," if number else "")
        put(_quote(key))
        put(":")
        _write(item, put)
    put("}")


def _items(value: dict[Any, Any]) -> list[tuple[str, Any]]:
    named = [(key_text(key), item) for key, item in value.items()]
    return sorted(named, key=lambda pair: pair[0].encode("utf-8", "surrogateescape"))


def _write_list(value: list[Any], put: Any) -> None:
    put("[")
    for number, item in enumerate(value):
        put("," if number else "")
        _write(item, put)
    put("]")


def key_text(key: Any) -> str:
    """A key of a map as text: integers and booleans by their names."""
    if isinstance(key, str):
        return _utf8(key.encode("utf-8", "surrogateescape"))
    name = getattr(key, "name", None)
    return name if isinstance(name, str) else str(key)


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = data[error.start]
        words = f"the results hold text that is no UTF-8 (byte {bad}): a real node answers 500"
        term = f"{{invalid_byte,{bad}}}"
        hint = "send bytes as base64 or hex"
        raise Oops(term, WHERE, failure=Failure("MOD-NODE-UTF8", words, hint=hint)) from None
