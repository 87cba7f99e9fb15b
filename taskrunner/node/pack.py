"""Rich values as bytes for the store, exactly: integers of any size, floats, atoms, functions that are only text.

The form is private to one store; its first byte says which of two it is. Nothing in it can run.
"""

from __future__ import annotations

import marshal
from typing import Any

from taskrunner.lua.border import AtomKey, Opaque
from taskrunner.wire import Atom

_PLAIN, _TAGGED = b"\0", b"\1"
_VERSION = 4


def pack(value: Any) -> bytes:
    """The bytes of a value made of maps, lists, text, numbers, booleans, None, atoms and opaque terms."""
    try:
        return _PLAIN + marshal.dumps(value, _VERSION)
    except ValueError:
        return _TAGGED + marshal.dumps(_tagged(value), _VERSION)


def unpack(data: bytes) -> Any:
    """The value behind `pack`."""
    value = marshal.loads(data[1:])  # our own bytes; marshal of plain data runs nothing
    return value if data[:1] == _PLAIN else _untagged(value)


def _tagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {_tagged(key): _tagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    if isinstance(value, Atom):
        return ("atom", value.name)
    if isinstance(value, AtomKey):
        return ("key", value.name)
    if isinstance(value, Opaque):
        return ("opaque", value.term, value.builtin)
    if isinstance(value, tuple):
        return ("tuple", *map(_tagged, value))
    return value


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {_untagged(key): _untagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if isinstance(value, tuple):
        kind, *rest = value
        if kind == "atom":
            return Atom(rest[0])
        if kind == "key":
            return AtomKey(rest[0])
        return Opaque(*rest) if kind == "opaque" else tuple(map(_untagged, rest))
    return value
