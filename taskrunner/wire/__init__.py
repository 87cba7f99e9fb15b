"""What travels: messages to bytes and back, signatures over them, and the ids that follow. Pure: no I/O, no clock.

This room knows no node, no client and no Lua. `cryptography` is its only third-party package and is imported on the
first key operation, so importing this package costs nothing.

A message is `dict[str, Value]`, `Value = bytes | str | int | float | bool | None | Atom | list | dict`. Decoding gives
`bytes` for every text and binary. The names below are the interface; everything else is private to the room.

Typical use of a node:
    message = httpsig.decode_structured(headers, body)   # bytes and maps, plus `commitments`
    committers = verify_message(message["body"])         # raises a WireError that names what failed
    rich = structured.decode(covered(message["body"]))   # typed values, only fields that were signed

Typical use of a client:
    inner = commit({"type": "Message", "action": "Inc"}, wallet)
    request = make_request({"path": "/PID/schedule", "body": inner}, wallet)   # method, url, headers, body
    answer = read_reply(status, headers, body).out
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.wire import ans104, flat, httpsig, structured
    from taskrunner.wire.ans104 import DataItem
    from taskrunner.wire.committing import commit, sign_http
    from taskrunner.wire.errors import (
        DecodeError,
        DigestError,
        EncodeError,
        KeyFormatError,
        Utf16DigestError,
        VerificationError,
        WireError,
    )
    from taskrunner.wire.ids import (
        address_of,
        canonical_id,
        hash_chain,
        hashpath,
        hmac_id,
        is_id,
        message_id,
        unsigned_id,
    )
    from taskrunner.wire.reply import Reply, read_reply
    from taskrunner.wire.requests import Request, make_request
    from taskrunner.wire.values import (
        Atom,
        HttpMessage,
        Message,
        Structured,
        Value,
        b64url,
        to_bytes,
        to_text,
        unb64url,
    )
    from taskrunner.wire.verifying import covered, verify_http, verify_message
    from taskrunner.wire.wallet import Wallet

__all__ = [
    "Atom",
    "DataItem",
    "DecodeError",
    "DigestError",
    "EncodeError",
    "HttpMessage",
    "KeyFormatError",
    "Message",
    "Reply",
    "Request",
    "Structured",
    "Utf16DigestError",
    "Value",
    "VerificationError",
    "Wallet",
    "WireError",
    "address_of",
    "ans104",
    "b64url",
    "canonical_id",
    "commit",
    "covered",
    "flat",
    "hash_chain",
    "hashpath",
    "hmac_id",
    "httpsig",
    "is_id",
    "make_request",
    "message_id",
    "read_reply",
    "sign_http",
    "structured",
    "to_bytes",
    "to_text",
    "unb64url",
    "unsigned_id",
    "verify_http",
    "verify_message",
]

_HOMES = {
    "ans104": ("DataItem",),
    "committing": ("commit", "sign_http"),
    "errors": (
        "DecodeError",
        "DigestError",
        "EncodeError",
        "KeyFormatError",
        "Utf16DigestError",
        "VerificationError",
        "WireError",
    ),
    "ids": (
        "address_of",
        "canonical_id",
        "hash_chain",
        "hashpath",
        "hmac_id",
        "is_id",
        "message_id",
        "unsigned_id",
    ),
    "reply": ("Reply", "read_reply"),
    "requests": ("Request", "make_request"),
    "values": ("Atom", "HttpMessage", "Message", "Structured", "Value", "b64url", "to_bytes", "to_text", "unb64url"),
    "verifying": ("covered", "verify_http", "verify_message"),
    "wallet": ("Wallet",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = frozenset({"ans104", "flat", "httpsig", "structured"})


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
