"""message@1.0: the message itself. Keys are looked up; a few reserved ones are computed.

in    {"a": 1, "commitments": {...}}  keys            out  ["a", "commitments"]
in    {"a": 1}                        set   {"b": 2}  out  {"a": 1, "b": 2}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, not_found, ok
from taskrunner.node.values import MISSING, Message, as_map, lookup, public, text
from taskrunner.wire import VerificationError, message_id, verify_message
from taskrunner.wire.commitments import rsa_commitments

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

_NOT_SET = frozenset({"path", "method", "commitments", "device"})


def _id(context: Context, base: Message, request: Message) -> Result:
    return ok(message_id(public(base)).encode())


def _committers(context: Context, base: Message, request: Message) -> Result:
    return ok([entry.committer.encode() for entry in rsa_commitments(base)])


def _keys(context: Context, base: Message, request: Message) -> Result:
    return ok([str(key).encode() for key in sorted(public(base), key=str)])


def _get(context: Context, base: Message, request: Message) -> Result:
    value = lookup(public(base), text(request.get("target") or request.get("key")))
    return not_found() if value is MISSING else ok(value)


def _set(context: Context, base: Message, request: Message) -> Result:
    return ok(merged(base, {key: value for key, value in public(request).items() if key not in _NOT_SET}))


def _remove(context: Context, base: Message, request: Message) -> Result:
    gone = request.get("item", request.get("items"))
    names = {text(item) for item in (gone if isinstance(gone, list) else [gone])}
    return ok({key: value for key, value in base.items() if key not in names})


def _verify(context: Context, base: Message, request: Message) -> Result:
    try:
        verify_message(public(base))
    except VerificationError:
        return ok(False)
    return ok(True)


def merged(base: Message, changes: Any) -> Message:
    """`base` with `changes` put over it, maps merged level by level; the atom `unset` removes a key."""
    result = dict(base)
    for key, value in changes.items():
        name = key.lower() if isinstance(key, str) and len(key) not in (43, 42, 32) else key
        if getattr(value, "name", None) == "unset":
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(as_map(result.get(name)), dict):
            result[name] = merged(as_map(result[name]), value)
        else:
            result[name] = value
    return result


DEVICES = {
    name: Device(
        name,
        {
            "id": _id,
            "committers": _committers,
            "keys": _keys,
            "get": _get,
            "set": _set,
            "remove": _remove,
            "verify": _verify,
        },
    )
    for name in ("message@1.0", "dev_message")
}
