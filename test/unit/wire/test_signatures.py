"""Reading and writing signature headers: what is accepted, and that everything else is our error, in linear time."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.wire import DecodeError, EncodeError, HttpMessage, Wallet, httpsig, sign_http, verify_http
from taskrunner.wire.signatures import (
    client_components,
    node_components,
    normal_value,
    read_inputs,
    read_signatures,
    signature_base,
    write_parameters,
)


@pytest.mark.parametrize(
    ("text", "label", "components", "parameters"),
    [
        (b'sig=("a");alg="x";keyid="y"', "sig", ("a",), {"alg": "x", "keyid": "y"}),
        (b"sig=()", "sig", (), {}),
        (b'  s_1.x*=( "a"  "@b" );n=12;f', "s_1.x*", ("a", "@b"), {"n": "12", "f": "?1"}),
        (b's=();tag="a\\"b\\\\"  ', "s", (), {"tag": 'a"b\\'}),
    ],
)
def test_inputs(text: bytes, label: str, components: tuple[str, ...], parameters: dict[str, str]) -> None:
    (member,) = read_inputs(text)
    assert (member.label, member.components, member.parameters) == (label, components, parameters)
    assert member.text in text and member.text.startswith(b"(")
    assert member.names == tuple(name.removeprefix("@") for name in components)


def test_several_inputs() -> None:
    members = read_inputs(b'a=("x");alg="1" ,\tb=("y");alg="2"')
    assert [(member.label, member.text) for member in members] == [("a", b'("x");alg="1"'), ("b", b'("y");alg="2"')]
    assert read_inputs(b"") == [] and read_signatures(b"") == {}
    assert read_signatures(b"a=:AAAA:, b=::") == {"a": b"\0\0\0", "b": b""}


@pytest.mark.parametrize(
    "text",
    [
        b"x",
        b"=()",
        b"s=",
        b's="a"',
        b's=("a"',
        b's=("a" b)',
        b's=("a);x="y"',
        b's=("a";req)',
        b's=("a" "a")',
        b's=("a"),',
        b's=("a"), s=("b")',
        b's=("a") t=("b")',
        b's=("a");alg=',
        b's=("a");"x"',
        b's=("a\\n")',
        b"s=(a)",
    ],
)
def test_malformed_inputs(text: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_inputs(text)
    assert caught.value.field == "signature-input"


@pytest.mark.parametrize(
    "text", [b"s", b"s=", b"s=AAAA", b"s=:AAAA", b"s=:A:", b"s=:AB==:", b"s=:-_:", b"s=:AAAA:,", b"s=:AAAA:, s=:AAAA:"]
)
def test_malformed_signatures(text: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_signatures(text)
    assert caught.value.field == "signature"


def test_labels_must_pair_up() -> None:
    with pytest.raises(DecodeError, match="different labels"):
        httpsig.decode({"signature-input": 's=("a")', "signature": "t=:AAAA:"})
    with pytest.raises(DecodeError):
        httpsig.decode({"signature-input": 's=("a")'})
    with pytest.raises(DecodeError, match="keyid"):
        httpsig.decode({"signature-input": 's=();alg="rsa-pss-sha512";keyid="%"', "signature": "s=:AAAA:"})


def test_commitments_of_a_read_message(wallet: Wallet) -> None:
    signed = sign_http(httpsig.encode({"a": "b"}), wallet, tag="P/R")
    read = httpsig.decode_structured(signed.headers)
    assert isinstance(read["commitments"], dict)
    kinds = sorted(entry["alg"] for entry in read["commitments"].values())  # type: ignore[index]
    assert kinds == [b"hmac-sha256", b"rsa-pss-sha512"]
    lacking = [(name, value) for name, value in signed.headers if name != "a"]
    read = httpsig.decode_structured(lacking)
    assert len(read["commitments"]) == 1  # without the field no HMAC id can be made
    foreign = {"a": "b", "signature": "s=:AAAA:", "signature-input": 's=("a");alg="hmac-sha256";keyid="ao"'}
    assert len(httpsig.decode_structured(foreign)["commitments"]) == 1


@pytest.mark.parametrize(
    ("value", "signed"),
    [
        (b" a \t", b"a"),
        (b"a\nb", b"a b"),
        (b"a\n  \n b", b"a b"),
        (b"a\r\nb", b"a\r b"),
        (b"", b""),
        (b"a  b", b"a  b"),
    ],
)
def test_values_as_signed(value: bytes, signed: bytes) -> None:
    assert normal_value(value) == signed


def test_order_of_components() -> None:
    names = ["b", "path", "a", "1", "status", "zebra"]
    assert client_components(names) == ["1", "@path", "a", "b", "status", "zebra"]
    assert node_components(names) == ["1", "a", "b", "@path", "@status", "zebra"]


def test_parameters_and_base() -> None:
    text = write_parameters(["@path", 'q"'], "alg", "key", "tag")
    assert text == b'("@path" "q\\"");alg="alg";keyid="key";tag="tag"'
    base = signature_base(["@path", "a"], text, {"path": b"/x", "a": b" b "}.get)
    assert base == b'"path": /x\n"a": b\n"@signature-params": ' + text


def test_signing_what_is_not_there(wallet: Wallet) -> None:
    with pytest.raises(EncodeError, match="no field"):
        sign_http(HttpMessage({"a": "b"}), wallet, components=["zzz"])


def test_unsigned_additions_stay_unsigned(wallet: Wallet) -> None:
    signed = sign_http(HttpMessage({"a": "b", "body-keys": '"m"'}), wallet)
    assert b"body-keys" not in signed.get("signature-input")
    assert verify_http([*signed.headers, ("access-control-allow-origin", "*")]) == [wallet.address]


@pytest.mark.parametrize(
    "text",
    [
        b's=("' + b"a" * 60_000,
        b"s=(" + b'"a" ' * 15_000,
        b's=("a")' + b";x" * 30_000 + b"!",
        b"s=(" + b" " * 60_000,
        b's=("a");x="' + b"\\" * 60_000,
    ],
)
def test_long_garbage_ends_quickly(text: bytes) -> None:
    begin = time.process_time()
    with pytest.raises(DecodeError):
        read_inputs(text)
    assert time.process_time() - begin < 3.0


PIECES = [b"s", b"=", b"(", b")", b'"', b'"a"', b";", b",", b" ", b"alg=", b":", b"AAAA", b"@", b"\\", b"\n", b"\xff"]
TOKENS = st.sampled_from(PIECES)


@settings(max_examples=200, deadline=None)
@given(st.lists(TOKENS, max_size=25).map(b"".join) | st.binary(max_size=60))
def test_fuzz(text: bytes) -> None:
    for reader in (read_inputs, read_signatures):
        with suppress(DecodeError):
            reader(text)
