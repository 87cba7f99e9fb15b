"""Results as HTTP answers: codec, status, headers, signature (PROTOCOL §9.4, §9.5).

Result("ok", 3)     200, ao-result: body, ao-types: body="integer", body 3
Oops("badarg")      500, plain text, never signed, header taskrunner-failure
"""

from __future__ import annotations

from taskrunner.node import jsontext
from taskrunner.node.exchange import Response
from taskrunner.node.results import Failure, Oops, Result
from taskrunner.node.values import Message, as_map, literal, public, text
from taskrunner.wire import Wallet, httpsig, sign_http, structured
from taskrunner.wire.errors import EncodeError
from taskrunner.wire.values import HttpMessage

STATUSES = {"ok": 200, "created": 201, "error": 400, "not_found": 404, "failure": 500, "unavailable": 503}
FAILURE = "taskrunner-failure"
CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS"),
)
OPTIONS = Response(204, (*CORS, ("access-control-allow-headers", "*")))
CONSOLE = Response(302, (*CORS, ("location", "/~meta@1.0/info")))


def of_result(result: Result, codec: str, wallet: Wallet | None, address: str = "") -> Response:
    """The answer for a result, signed if there is a wallet. Raises `Oops` for a value that has no form."""
    value = as_map(result.value)
    status = status_of(result)
    message = public(value) if isinstance(value, dict) else {"ao-result": b"body", "body": value}
    if codec == "json@1.0" and text(message.get("content-type")) != "application/json":
        http = _as_json(message)
    elif _carries_signature(message, address):
        return _presigned(message, status, result)
    else:
        http = _encode({**message, "status": status})
        if wallet is not None:
            http = sign_http(http, wallet)
    return _response(status, http, result)


def status_of(result: Result) -> int:
    """The integer field `status` of an answer that is no success, else what the status word stands for."""
    own = result.value.get("status") if isinstance(result.value, dict) and not result.ok else None
    if isinstance(own, float) and own.is_integer():
        own = int(own)
    if isinstance(own, bytes) and own.isdigit() and len(own) == 3:
        own = int(own)
    if isinstance(own, int) and not isinstance(own, bool) and 100 <= own <= 599:
        return own
    return STATUSES.get(result.status, 500)


def of_oops(oops: Oops) -> Response:
    """The answer for a crash: plain text, unsigned, with our own account beside it."""
    return _plain(500, oops.body, oops.failure)


def of_fault(text: str, failure: Failure, status: int = 500) -> Response:
    """An answer of our own in plain text."""
    return _plain(status, text, failure)


def _plain(status: int, text: str, failure: Failure) -> Response:
    body = text.encode("utf-8", "surrogateescape")
    headers = (
        *CORS,
        ("ao-types", 'status="integer"'),
        ("content-digest", httpsig.digest_header(body).decode()),
        ("status", str(status)),
        (FAILURE, failure.to_header()),
    )
    return Response(status, headers, body)


def _encode(message: Message) -> HttpMessage:
    """The httpsig form; a bare value travels as its text, its type in `ao-types`."""
    body = message.get("body")
    bare = text(message.get("ao-result")) == "body" and not isinstance(body, dict | list)
    fields = {**message, "body": literal(body)} if bare else message
    try:
        plain = structured.encode(_text_keys(fields))
    except EncodeError as error:
        raise Oops("function_clause", "fun hb_http:reply/4", failure=Failure("MOD-NODE-ENCODE", str(error))) from error
    kind = _KINDS.get(type(body), "" if isinstance(body, bytes | str) else "atom") if bare else ""
    if kind:
        note = plain.get("ao-types", b"")
        assert isinstance(note, bytes)
        plain["ao-types"] = b'body="%s"' % kind.encode() + (b", " + note if note else b"")
    if bare and not fields["body"]:
        plain.pop("body", None)
    return httpsig.encode_structured(plain)


_KINDS = {int: "integer", float: "float"}


def _text_keys(value: object) -> dict[str, object]:
    """Keys as text at every level: Lua leaves integers and booleans among them, and functions among the values."""
    assert isinstance(value, dict)
    return {jsontext.key_text(key): _encodable(item) for key, item in value.items()}


def _encodable(value: object) -> object:
    if isinstance(value, dict):
        return _text_keys(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    term = getattr(value, "term", None)
    return term.encode() if isinstance(term, str) else value


def _as_json(message: Message) -> HttpMessage:
    body = jsontext.encode(message)
    headers = [
        ("content-type", b"application/json"),
        ("codec-device", b"json@1.0"),
        ("content-digest", httpsig.digest_header(body)),
    ]
    return HttpMessage(headers, body)


def _carries_signature(message: Message, address: str) -> bool:
    """Whether the message is committed by this node itself, as assignments are."""
    entries = message.get("commitments")
    if not isinstance(entries, dict):
        return False
    return any(isinstance(entry, dict) and text(entry.get("committer")) == address for entry in entries.values())


def _presigned(message: Message, status: int, result: Result) -> Response:
    """An assignment goes out under the signature that it was stored with."""
    http = httpsig.encode_structured(structured.encode(message))
    entry = next(each for each in message["commitments"].values() if "committer" in each)
    signed = (("signature", entry["signature"]), ("signature-input", entry["signature-input"]))
    return _response(status, HttpMessage((*http.headers, ("status", str(status)), *signed), http.body), result)


def _response(status: int, http: HttpMessage, result: Result) -> Response:
    headers = [*CORS, *((name, value.decode("latin-1")) for name, value in http.headers)]
    if result.failure is not None:
        headers.append((FAILURE, result.failure.to_header()))
    headers += result.headers.items()
    return Response(status, tuple(headers), http.body)
