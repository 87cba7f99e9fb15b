"""The flat codec: paths both ways, the text form, merging and collisions (PROTOCOL 3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.wire import DecodeError, EncodeError, flat

NESTED: dict[str, Any] = {"a": {"b": b"c", "d": {"e": b"f"}}, "g": b"h"}
FLAT = {"a/b": b"c", "a/d/e": b"f", "g": b"h"}


def test_both_ways() -> None:
    assert flat.encode(NESTED) == FLAT
    assert flat.decode(FLAT) == NESTED
    assert flat.serialise(NESTED) == b"a/b: c\na/d/e: f\ng: h"
    assert flat.deserialise(flat.serialise(NESTED)) == NESTED


def test_text_is_accepted_and_lines_without_colons_are_ignored() -> None:
    assert flat.encode({"a": "x"}) == {"a": b"x"}
    assert flat.decode({"a": "x"}) == {"a": b"x"}
    assert flat.deserialise(b"a: 1\r\n# note\n\nb:2\nc: d: e") == {"a": b"1", "c": b"d: e"}


def test_maps_merge_and_leaves_collide() -> None:
    assert flat.decode({"a": {"b": "1"}, "a/c": "2"}) == {"a": {"b": b"1", "c": b"2"}}
    assert flat.decode({"a/c": "2", "a": {"b": "1", "d": {"e": "3"}}}) == {
        "a": {"c": b"2", "b": b"1", "d": {"e": b"3"}}
    }
    for broken in ({"a": "1", "a/b": "2"}, {"a/b": "2", "a": "1"}, {"a/b": "1", "a": {"b": "2"}}):
        with pytest.raises(DecodeError) as caught:
            flat.decode(broken)
        assert caught.value.field


def test_what_flat_cannot_hold() -> None:
    with pytest.raises(EncodeError, match="no byte string"):
        flat.encode({"a": 1})
    with pytest.raises(EncodeError, match="claim"):
        flat.encode({"a/b": "1", "a": {"b": "2"}})
    deep: Any = "x"
    for _ in range(100):
        deep = {"a": deep}
    with pytest.raises(EncodeError, match="levels"):
        flat.encode(deep)
    with pytest.raises(DecodeError, match="levels"):
        flat.decode({"a/" * 100: "x"})


NAMES = st.text("abc", min_size=1, max_size=3)
TREES = st.recursive(st.binary(max_size=5), lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3))


@settings(max_examples=50)
@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_round_trip(nested: dict[str, Any]) -> None:
    assert flat.decode(flat.encode(nested)) == nested
