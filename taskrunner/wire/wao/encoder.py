"""What the JavaScript client sends for a message: chooses between its two encoders (PROTOCOL §5).

    encode({"a": "b", "m": {"k": 1}})  ->  ClientEncoding(headers, body)

`str` values are text and `bytes` values are Buffers, as in the client; the choice depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskrunner.wire.values import HttpMessage
from taskrunner.wire.wao import binary, httpsig, structured
from taskrunner.wire.wao.values import normalised, wire_bytes

_PRINTABLE = re.compile(r"[ -~]*\Z")


@dataclass(frozen=True, slots=True)
class ClientEncoding:
    """Headers as the client holds them (names may have capitals) and a body that is text, or bytes."""

    headers: dict[str, str]
    body: str | bytes

    @property
    def http(self) -> HttpMessage:
        """The same as bytes."""
        headers = ((name, wire_bytes(value)) for name, value in self.headers.items())
        return HttpMessage(headers, wire_bytes(self.body))


def encode(message: Mapping[str, Any], path: str = "") -> ClientEncoding:
    """The client's headers and body for a rich message, with the header `path` if there is one."""
    fields = normalised({**message, "path": path} if path else message)
    if not _has_buffers(message):
        headers, body = httpsig.encode(structured.encode(fields))
        if all(isinstance(value, str) and _PRINTABLE.match(value) for value in headers.values()):
            return ClientEncoding({name: str(value) for name, value in headers.items()}, body)
    headers, body, sized = binary.encode(message)
    if path:
        headers["path"] = path
    if sized:
        headers["content-length"] = str(len(body))
    return ClientEncoding({name: str(value) for name, value in headers.items()}, body)


def _has_buffers(message: Mapping[str, Any]) -> bool:
    """Bytes at the first or second level, or in lists there; deeper ones the client does not notice."""
    return any(_is_binary(value) or _holds_binary(value) for value in message.values())


def _holds_binary(value: Any) -> bool:
    return isinstance(value, Mapping) and any(_is_binary(inner) for inner in value.values())


def _is_binary(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_is_binary(item) for item in value)
    return isinstance(value, bytes | bytearray | memoryview)
