"""An HTTP request as what the resolver needs: a path, and the fields that hold for every step (PROTOCOL §9.1).

Signed requests keep only the fields that their signature covers. Headers that only serve the transport are left out,
so that they never end up in results (a permitted difference: docs/node.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.node import jsontext
from taskrunner.node.exchange import Request
from taskrunner.node.values import Message, text
from taskrunner.wire import WireError, ans104, httpsig, structured

_TRANSPORT = frozenset(
    {"host", "connection", "accept", "accept-language", "accept-encoding", "user-agent", "content-length", "origin"}
    | {"referer", "cookie", "transfer-encoding", "keep-alive", "te", "upgrade", "expect", "cache-control", "pragma"}
    | {"dnt", "priority", "upgrade-insecure-requests", "x-forwarded-for", "x-forwarded-proto"}
)
_NOT_GLOBAL = frozenset({"path", "method", "commitments", "codec-device", "inline-body-key", "content-digest"})


class Unreadable(Exception):
    """A request that cannot be parsed; the message says why."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """`structured` is the message as it was sent, `fields` its typed fields for every step."""

    target: str
    method: str
    structured: Message
    fields: Message
    codec: str


def parse(request: Request) -> Parsed:
    """Read a request. Raises `Unreadable`."""
    try:
        message = _read(request)
        rich = structured.decode(message)
    except (WireError, ValueError) as error:
        raise Unreadable(str(error)) from error
    method = request.method.upper()
    target = text(message.get("path")) if method != "GET" and message.get("path") else request.path
    if not target.startswith("/"):
        target = f"/{target}"
    fields = {key: value for key, value in rich.items() if key not in _NOT_GLOBAL and not _is_transport(key)}
    fields["method"] = method.encode()
    return Parsed(target, method, message, fields, codec_of(request, rich))


def _read(request: Request) -> Message:
    headers = [(name, value.encode("latin-1")) for name, value in request.headers]
    codec = request.header("codec-device")
    if codec in ("", "httpsig@1.0"):
        return dict(httpsig.decode_structured(headers, request.body, only_covered=True))
    plain = {name: value for name, value in headers if not name.startswith("signature")}
    if codec == "ans104@1.0":
        return {**plain, "body": dict(ans104_message(request.body))}
    if codec == "json@1.0":
        value = jsontext.decode(request.body)
        if isinstance(value, dict):
            return {**plain, **structured.encode(value)}
        raise Unreadable("the body is no JSON object")
    raise Unreadable(f"there is no codec {codec!r}")


def ans104_message(body: bytes) -> Message:
    """The message of a data item whose signature holds."""
    item = ans104.DataItem.parse(body)
    item.verify()
    return dict(item.to_message())


def _is_transport(key: str) -> bool:
    return key in _TRANSPORT or key.startswith(("sec-", "access-control-"))


def codec_of(request: Request, fields: Message) -> str:
    """The codec of the answer: `json@1.0` where it is asked for, else `httpsig@1.0` (PROTOCOL §9.4)."""
    asked = text(fields.get("accept-codec")) or text(fields.get("require-codec"))
    if asked:
        return "json@1.0" if asked in ("json@1.0", "application/json") else "httpsig@1.0"
    first = request.header("accept").partition(",")[0].partition(";")[0].strip()
    return "json@1.0" if first == "application/json" else "httpsig@1.0"
