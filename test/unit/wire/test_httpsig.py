"""Headers and bodies: the rules of PROTOCOL 4 one by one, and round trips of any message through HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.wire import DecodeError, EncodeError, HttpMessage, httpsig, multipart, structured
from taskrunner.wire.flat import MAX_DEPTH

IDENTITY = "Tbun4iRRQW93gUiSAmTmZJ2PGI-_yYaXsX69ETgzSRE"
TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+\Z")


def headers_of(http: HttpMessage) -> dict[str, bytes]:
    return dict(http.headers)


def test_the_example_of_the_protocol() -> None:
    http = httpsig.encode({"x": "y", "m": {"a": "1", "b": 2}})
    boundary = b"TEV5zb42jRH5S-erG5qR_vQEBdg3_WHn7aFoFTB51bw"
    assert headers_of(http) == {
        "x": b"y",
        "body-keys": b'"m"',
        "content-type": b'multipart/form-data; boundary="' + boundary + b'"',
        "content-digest": b"sha-256=:cUAHWXBsNlCiiq/u2O10+Gn7bFd73i8ts5aqc41emjw=:",
    }
    assert http.body == (
        b"--" + boundary + b'\r\na: 1\r\nao-types: b="integer"\r\nb: 2\r\n'
        b'content-disposition: form-data;name="m"\r\n--' + boundary + b"--"
    )


@pytest.mark.parametrize(
    ("message", "headers", "body"),
    [
        ({"body": "hi"}, {}, b"hi"),
        ({"data": "hi"}, {"inline-body-key": b"data"}, b"hi"),
        ({"data": "hi", "body": "ho"}, {"data": b"hi"}, b"ho"),
        ({"inline-body-key": "x", "x": "hi"}, {"inline-body-key": b"x"}, b"hi"),
        ({"inline-body-key": "x", "a": "b"}, {"inline-body-key": b"x", "a": b"b"}, b""),
        ({"a": "b", "content-type": "text/plain"}, {"a": b"b", "content-type": b"text/plain"}, b""),
        ({"a": "b", "priv": "x", "private": "y", "signature": "z", "commitments": {"k": "v"}}, {"a": b"b"}, b""),
        ({}, {}, b""),
    ],
)
def test_where_values_go(message: dict[str, Any], headers: dict[str, bytes], body: bytes) -> None:
    http = httpsig.encode(message)
    sent = headers_of(http)
    assert (sent.pop("content-digest", None) is not None) == bool(body)
    assert (sent, http.body) == (headers, body)
    read = httpsig.decode(http.headers, http.body)
    if "inline-body-key" not in message:
        read.pop("inline-body-key", None)
    assert read == {
        key: value.encode() if isinstance(value, str) else value
        for key, value in message.items()
        if not key.startswith("priv") and key not in ("signature", "commitments")
    }


@pytest.mark.parametrize(
    "value",
    [b"x" * 4097, b"line\nbreak", b"nul\0", b" lead", b"trail\t", b"\r", b"\x7f", b"a\r\n\r\nb: c"],
)
@pytest.mark.parametrize("where", ["top", "nested"])
def test_unruly_strings_travel_in_the_body(value: bytes, where: str) -> None:
    message: dict[str, Any] = {"k": value, "n": 1} if where == "top" else {"m": {"k": value, "n": 1}}
    http = httpsig.encode(message)
    assert all(re.fullmatch(rb"[\x20-\x7e\x80-\xff\t]*", text) for _, text in http.headers)
    assert httpsig.decode(http.headers, http.body).items() >= message.items()


@pytest.mark.parametrize("key", ["a b", "a:b", "", "\u00e9", "a: b", "content-disposition", "a(b)"])
def test_names_that_are_no_header_names(key: str) -> None:
    for message in ({key: b"v", "x": b"y"}, {"m": {key: b"v", "x": b"y"}}):
        http = httpsig.encode(message)
        assert all(TOKEN.match(name) for name, _ in http.headers)
        assert httpsig.decode(http.headers, http.body).items() >= message.items()


@pytest.mark.parametrize("key", ['a"b', "a\nb", "a\rb"])
def test_names_that_cannot_name_a_part(key: str) -> None:
    with pytest.raises(EncodeError, match="cannot name a part"):
        httpsig.encode({key: "v"})


def test_ids_as_keys_keep_their_capitals() -> None:
    message = {IDENTITY: b'va"lue\\', "x" * 43: 7}
    http = httpsig.encode(message)
    assert http.get("ao-ids").startswith(IDENTITY.encode() + b'="va\\"lue\\\\"')
    assert httpsig.decode(http.headers, http.body) == message
    assert httpsig.decode({"ao-ids": f'{IDENTITY}="say "hi"", {"y" * 43}="v"'}) == {
        IDENTITY: b'say "hi"',
        "y" * 43: b"v",
    }
    assert httpsig.decode({"ao-ids": "broken"}) == {}
    long = {IDENTITY: b"x" * 5000}
    again = httpsig.encode(long)
    assert again.get("ao-ids") == b"" and httpsig.decode(again.headers, again.body).items() >= long.items()


def test_maps_and_bodies_inside_maps() -> None:
    message = {"m": {"body": b"only"}, "n": {"body": b"raw", "k": b"v"}, "o": {"p": {"q": b"r"}}, "body": {"a": 1}}
    http = httpsig.encode(message)
    assert b'name="m/body"' in http.body and b'name="o/p"' in http.body and b'name="o"' not in http.body
    assert b"content-disposition: inline" in http.body
    assert httpsig.decode(http.headers, http.body).items() >= message.items()


def test_parts_that_clash() -> None:
    with pytest.raises(EncodeError, match="claim the part"):
        httpsig.encode({"m/k": b"v", "m": {"k": b"x" * 5000}})


def test_nested_multipart_is_not_opened() -> None:
    inner = httpsig.encode({"m": {"k": "v"}})
    nested = {"body": {"content-type": inner.get("content-type"), "body": inner.body}}
    http = httpsig.encode(nested)
    assert httpsig.decode(http.headers, http.body)["body"] == nested["body"]


def multipart_of(*parts: bytes, end: bytes = b"\r\n--B--") -> bytes:
    return b"--B\r\n" + b"\r\n--B\r\n".join(parts) + end


HEADERS = {"content-type": 'multipart/form-data; boundary="B"'}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (multipart_of(b'content-disposition: form-data;name="a"\r\n\r\nraw'), {"a": b"raw"}),
        (multipart_of(b'Content-Disposition: form-data; name="a"\r\n\r\n'), {"a": b""}),
        (multipart_of(b"content-disposition: form-data; name=a\r\n\r\nraw"), {"a": b"raw"}),
        (multipart_of(b"content-disposition: inline\r\n\r\nraw"), {"body": b"raw"}),
        (multipart_of(b"content-disposition: INLINE\r\nk: v"), {"body": {"k": b"v"}}),
        (multipart_of(b'K: v\r\nno colon\r\ncontent-disposition: form-data;name="M/N"'), {"m": {"n": {"k": b"v"}}}),
        (multipart_of(b'k: a\nb\r\ncontent-disposition: form-data;name="m"\r\n'), {"m": {"k": b"a\nb"}}),
        (
            multipart_of(b'k: v\r\ncontent-disposition: form-data;name="m"\r\n\r\nx\r\n'),
            {"m": {"k": b"v", "body": b"x\r\n"}},
        ),
        (
            b"before\r\n" + multipart_of(b'content-disposition: form-data;name="a"\r\n\r\n1') + b"\r\nafter",
            {"a": b"1"},
        ),
        (
            multipart_of(
                b'content-disposition: form-data;name="m"\r\na: 1', b'content-disposition: form-data;name="m"\r\nb: 2'
            ),
            {"m": {"a": b"1", "b": b"2"}},
        ),
    ],
)  # fmt: skip
def test_reading_multipart(body: bytes, fields: dict[str, Any]) -> None:
    decoded = httpsig.decode_structured(HEADERS, body)
    decoded.pop("content-type")
    assert decoded == fields


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        b"--B--",
        b"--B\r\n",
        multipart_of(b'content-disposition: form-data;name="a"\r\n\r\nx', end=b""),
        multipart_of(b"k: v"),
        multipart_of(b"content-disposition: form-data\r\n\r\nx"),
        multipart_of(
            b'content-disposition: form-data;name="a"\r\n\r\nx', b'content-disposition: form-data;name="a"\r\n\r\ny'
        ),
        multipart_of(
            b'content-disposition: form-data;name="a"\r\n\r\nx', b'content-disposition: form-data;name="a/b"\r\n\r\ny'
        ),
        multipart_of(b'content-disposition: form-data;name="' + b"a/" * (MAX_DEPTH + 1) + b'"\r\n\r\nx'),
    ],
)
def test_malformed_multipart(body: bytes) -> None:
    with pytest.raises(DecodeError):
        httpsig.decode(HEADERS, body)


def test_reading_without_multipart() -> None:
    assert httpsig.decode({"A": "b", "Body-Keys": '"x"', "content-digest": "x"}, b"raw") == {"a": b"b", "body": b"raw"}
    assert httpsig.decode({"inline-body-key": "data", "n": "1", "ao-types": 'n="integer"'}, b"raw") == {
        "inline-body-key": b"data",
        "data": b"raw",
        "n": 1,
    }
    assert httpsig.decode([("a", "1"), ("a", b"2")]) == {"a": b"1, 2"}


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        (b'multipart/form-data; boundary="a-b_c"', b"a-b_c"),
        (b"multipart/mixed;BOUNDARY=xyz; a=b", b"xyz"),
        (b'multipart/form-data; boundary = "x y"', b"x y"),
        (b"text/plain", None),
        (b"", None),
    ],
)
def test_boundaries(text: bytes, boundary: bytes | None) -> None:
    assert multipart.boundary_of(text) == boundary


def test_unknown_dialect() -> None:
    with pytest.raises(EncodeError, match="unknown dialect"):
        httpsig.encode({"a": "b"}, dialect="klingon")


def test_fields_forced_into_headers() -> None:
    plain = structured.encode({"big": "x" * 5000, "m": {"k": "v"}})
    http = httpsig.encode_structured(plain, in_headers=["big"])
    assert http.get("big") == b"x" * 5000 and b"big" not in http.get("body-keys")


NAMES = st.text("abcdefgh-_.0123456789", min_size=1, max_size=8).filter(
    lambda name: (
        not name.startswith("priv")
        and name
        not in ("ao-types", "content-digest", "signature", "body-keys", "ao-ids", "content-type", "commitments")
    )
)
LEAVES = st.one_of(
    st.binary(max_size=40), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.none()
)
MESSAGES = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=4),
    lambda inner: st.dictionaries(NAMES, inner | LEAVES | st.lists(LEAVES, max_size=3), max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_any_message_round_trips(message: dict[str, Any]) -> None:
    http = httpsig.encode(message)
    assert all(TOKEN.match(name) for name, _ in http.headers)
    read = httpsig.decode(http.headers, http.body)
    for added in ("inline-body-key", "content-type"):
        if added not in message:
            read.pop(added, None)
    assert read == message
