"""relay@1.0: asks another server on the caller's behalf, if the node's operator allowed its host.

in    call {"relay-path": "http://localhost:6363/results/PID", "relay-method": "GET"}
out   {"status": 200, "content-type": "application/json", "body": "..."}
"""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Result, ok
from taskrunner.node.values import Message, text

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

SECONDS = 30.0
MAX_BODY = 64 << 20
_NO_HEADERS = frozenset({"transfer-encoding", "connection", "content-length", "date", "server", "keep-alive"})


def _call(context: Context, base: Message, request: Message) -> Result:
    merged = {**base, **request}
    path = text(merged.get("relay-path"))
    place = urlsplit(path)
    if place.scheme not in ("http", "https") or place.netloc not in context.node.relay_hosts:
        words = f"the node may not ask {place.netloc or path!r}; allow it with --relay {place.netloc or 'HOST:PORT'}"
        return Result("error", {"status": 403, "body": words.encode()}, Failure("MOD-NODE-RELAY", words))
    method = text(merged.get("relay-method") or merged.get("method"), "GET").upper()
    body = merged.get("relay-body", b"")
    try:
        return ok(_ask(method, path, body if isinstance(body, bytes) else b"", text(merged.get("content-type"))))
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = f"{place.netloc} cannot be asked: {error}"
        return Result("failure", {"status": 502, "body": words.encode()}, Failure("ENV-NODE-RELAY", words))


def _cast(context: Context, base: Message, request: Message) -> Result:
    threading.Thread(target=_call, args=(context, base, request), daemon=True).start()
    return ok(b"OK")


def _ask(method: str, path: str, body: bytes, content_type: str) -> Message:
    place = urlsplit(path)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=SECONDS)
    try:
        target = place.path + (f"?{place.query}" if place.query else "")
        headers = {"content-type": content_type} if content_type else {}
        connection.request(method, target or "/", body or None, headers)
        answer = connection.getresponse()
        fields: Message = {
            name.lower(): value.encode("latin-1", "replace")
            for name, value in answer.getheaders()
            if name.lower() not in _NO_HEADERS
        }
        return {**fields, "status": answer.status, "body": answer.read(MAX_BODY)}
    finally:
        connection.close()


DEVICES = {"relay@1.0": Device("relay@1.0", {"call": _call, "cast": _cast})}
