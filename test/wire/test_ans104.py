"""Data items that a second implementation (arbundles) made are read, verified and written byte for byte."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.wire import DataItem, DecodeError, EncodeError, VerificationError, Wallet, WireError, ans104

RECORDED = json.loads((Path(__file__).parent / "arbundles_items.json").read_text())
each = pytest.mark.parametrize("item", RECORDED["items"], ids=["empty", "tags", "all"])
IDENTITY = "Tbun4iRRQW93gUiSAmTmZJ2PGI-_yYaXsX69ETgzSRE"


def raw_of(item: dict[str, Any]) -> bytes:
    return base64.b64decode(item["raw"])


@each
def test_recorded_items(item: dict[str, Any]) -> None:
    parsed = DataItem.parse(raw_of(item))
    assert parsed.verify() == vectors.wallet().address
    assert parsed.id == item["id"]
    assert parsed.to_bytes() == raw_of(item)
    assert base64.b64encode(parsed.signature_data).decode() == item["hash"]
    assert parsed.data == base64.b64decode(item["data"])
    assert [[name.decode(), value.decode()] for name, value in parsed.tags] == item["tags"]


@each
def test_created_items_hash_the_same(item: dict[str, Any]) -> None:
    made = DataItem.create(
        base64.b64decode(item["data"]), item["tags"], target=item["target"], anchor=item["anchor"]
    ).sign(vectors.wallet())
    assert base64.b64encode(made.signature_data).decode() == item["hash"]
    assert DataItem.parse(made.to_bytes()) == made
    assert made.verify() == vectors.wallet().address


@pytest.mark.parametrize("place", [2, 600, 1030, 1034, -1])
def test_changed_items_are_refused(place: int) -> None:
    raw = bytearray(raw_of(RECORDED["items"][2]))
    raw[place] ^= 1
    with pytest.raises(WireError):
        DataItem.parse(bytes(raw)).verify()


def test_recorded_bundle() -> None:
    raw = base64.b64decode(RECORDED["bundle"]["raw"])
    items = ans104.read_bundle(raw)
    assert [item.id for item in items] == RECORDED["bundle"]["ids"]
    assert [item.data for item in items] == [b"one", b"two"]
    assert ans104.write_bundle(items) == raw


def test_broken_bundles() -> None:
    raw = base64.b64decode(RECORDED["bundle"]["raw"])
    with pytest.raises(DecodeError, match="cut off"):
        ans104.read_bundle(raw[:-1] if len(raw) < 100 else raw[:200])
    with pytest.raises(DecodeError, match="not read"):
        ans104.read_bundle(b"\xff" * 64)
    swapped = raw[:32] + raw[96:160] + raw[32:96] + raw[160:]
    with pytest.raises(DecodeError):
        ans104.read_bundle(swapped)


def test_as_message() -> None:
    item = DataItem.create("hi", [("Action", "Eval"), ("action", "Last"), (IDENTITY, "v")], target=IDENTITY)
    assert item.to_message() == {"action": b"Last", IDENTITY: b"v", "target": IDENTITY.encode(), "data": b"hi"}
    assert DataItem.create().to_message() == {}


@pytest.mark.parametrize(
    "options",
    [
        {"target": "short"},
        {"target": "!" * 43},
        {"anchor": "short"},
        {"tags": [("", "x")]},
        {"tags": [("x", "")]},
        {"tags": [("x" * 1025, "y")]},
        {"tags": [("x", "y" * 3073)]},
        {"tags": [("x", "y" * 3000), ("x", "y" * 3000)]},
        {"tags": [("x", "y")] * 129},
    ],
)
def test_limits(options: dict[str, Any]) -> None:
    with pytest.raises(EncodeError):
        DataItem.create("data", **options)


def test_a_small_key_cannot_sign() -> None:
    with pytest.raises(EncodeError, match="4096"):
        DataItem.create("x").sign(Wallet.generate(2048))
    with pytest.raises(EncodeError, match="not signed"):
        DataItem.create("x").to_bytes()


def test_other_signature_types_are_parsed_only() -> None:
    raw = (2).to_bytes(2, "little") + b"s" * 64 + b"o" * 32 + b"\0\0" + bytes(16) + b"data"
    item = DataItem.parse(raw)
    assert (item.signature_type, item.data, item.owner) == (2, b"data", b"o" * 32)
    with pytest.raises(VerificationError, match="type 2"):
        item.verify()


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        (b"\2", "target flag"),
        (b"\0\1short", "cut off"),
        (b"\0\0" + (1).to_bytes(8, "little") + (2).to_bytes(8, "little") + b"\2\0", "cut off"),
        (b"\0\0" + (1).to_bytes(8, "little") + (3).to_bytes(8, "little") + b"\2\1\0", "negative"),
        (b"\0\0" + (2).to_bytes(8, "little") + (4).to_bytes(8, "little") + b"\2\0\0\0", "count"),
        (b"\0\0" + (0).to_bytes(8, "little") + (2).to_bytes(8, "little") + b"\0x", "count"),
        (b"\0\0" + (1).to_bytes(8, "little") + (11).to_bytes(8, "little") + b"\xff" * 11, "too long"),
        (b"\0\0" + (999).to_bytes(8, "little") + (2).to_bytes(8, "little") + b"\xfe\x7f", "at most"),
    ],
)
def test_broken_items(tail: bytes, message: str) -> None:
    head = (1).to_bytes(2, "little") + b"s" * 512 + b"o" * 512
    with pytest.raises(DecodeError, match=message):
        DataItem.parse(head + tail)


def test_unknown_type() -> None:
    with pytest.raises(DecodeError, match="unknown signature type 99"):
        DataItem.parse(b"\x63\0" + bytes(2000))


def test_negative_block_counts_are_avro_too() -> None:
    block = b"\1" + b"\6" + b"\2a\2b" + b"\0"  # -1 items, 3 bytes
    tags = (1).to_bytes(8, "little") + len(block).to_bytes(8, "little") + block
    head = (1).to_bytes(2, "little") + b"s" * 512 + b"o" * 512 + b"\0\0"
    assert DataItem.parse(head + tags + b"d").tags == ((b"a", b"b"),)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 1200))
def test_fuzzed_items_raise_only_ours(noise: bytes, place: int) -> None:
    raw = raw_of(RECORDED["items"][1])
    for candidate in (noise, raw[:place] + noise + raw[place + len(noise) :], raw[: place + 20]):
        try:
            DataItem.parse(candidate).verify()
        except WireError:
            continue
        assert candidate == raw or candidate.startswith(raw[:2])
