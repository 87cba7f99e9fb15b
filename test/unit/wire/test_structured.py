"""The structured codec: the table of PROTOCOL 2 row by row, lenient reading, and round trips of any message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.wire import Atom, EncodeError, structured

IDENTITY = "Tbun4iRRQW93gUiSAmTmZJ2PGI-_yYaXsX69ETgzSRE"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("text", "", b"text"),
        (b"\0\xff", "", b"\0\xff"),
        (bytearray(b"x"), "", b"x"),
        (1, "integer", b"1"),
        (-7, "integer", b"-7"),
        (2**200, "integer", str(2**200).encode()),
        (3.14, "float", b"3.14000000000000012434e+00"),
        (-0.0, "float", b"-0.00000000000000000000e+00"),
        (1e300, "float", b"1.00000000000000005250e+300"),
        (True, "atom", b'"true"'),
        (False, "atom", b'"false"'),
        (None, "atom", b'"null"'),
        (Atom("ok"), "atom", b'"ok"'),
        ([1, "two", 3.5, True], "list", None),
        (("a",), "list", b'"a"'),
        (['say "hi"', "b\\c"], "list", b'"say \\"hi\\"", "b\\\\c"'),
        (
            [1, [2, 3]],
            "list",
            b'"(ao-type-integer) 1", "(ao-type-list) \\"(ao-type-integer) 2\\", \\"(ao-type-integer) 3\\""',
        ),
    ],
)
def test_scalars_and_inline_lists(value: Any, kind: str, text: bytes | None) -> None:
    encoded = structured.encode({"k": value})
    assert encoded.get("ao-types", b"") == (f'k="{kind}"'.encode() if kind else b"")
    if text is not None:
        assert encoded["k"] == text


@pytest.mark.parametrize(
    ("value", "kind"), [("", "binary"), (b"", "binary"), ([], "list"), ((), "list"), ({}, "message")]
)
def test_empty_values_leave_only_their_type(value: Any, kind: str) -> None:
    assert structured.encode({"e": value}) == {"ao-types": f'e="empty-{kind}"'.encode()}


@pytest.mark.parametrize(
    "items",
    [
        [{"a": 1}, "x"],
        [[1], [2]],
        ["x", {"a": 1}],
        [1, []],
        [[], 1],
        [1, [2, [3, [4, [5, [6, [7, [8, [9]]]]]]]]],
        ["(ao-type-integer) 5"],
    ],
)
def test_lists_that_become_maps(items: list[Any]) -> None:
    encoded = structured.encode({"l": items})
    assert isinstance(encoded["l"], dict)
    assert structured.decode(encoded) == structured.decode(structured.encode({"l": items}))
    assert structured.decode(encoded)["l"] == [x.encode() if isinstance(x, str) else plain(x) for x in items]


def plain(value: Any) -> Any:
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_keys() -> None:
    encoded = structured.encode({"Action": 1, IDENTITY: 2, "a b": 3, "priv": 4, "private-x": 5, "\u00e9": 6})
    assert encoded.keys() == {"ao-types", "action", IDENTITY, "a b", "\u00e9"}
    note = encoded["ao-types"]
    assert isinstance(note, bytes)
    assert b"%54bun4i%52%52%51%5793gUi"[:9] in note and b'a%20b="integer"' in note and b'%c3%a9="integer"' in note
    assert structured.decode(encoded) == {"action": 1, IDENTITY: 2, "a b": 3, "\u00e9": 6}


def test_private_keys_are_not_read_from_outside() -> None:
    outside = {"ao-types": b'priv="empty-message"', "private": b"x", "m": {"priv-x": b"y", "k": b"v"}}
    assert structured.decode(outside) == {"m": {"k": b"v"}}


def test_a_structured_message_stays_as_it_is() -> None:
    once = structured.encode({"n": 1, "f": 1.5, "m": {"t": True}})
    assert structured.encode(once) == once
    noted = {"ao-types": b'f="float"', "f": b"1.5e+00", "n": 2}
    assert structured.encode(noted) == {"ao-types": b'f="float", n="integer"', "f": b"1.5e+00", "n": b"2"}


@pytest.mark.parametrize("value", [object(), {1, 2}, float("inf"), float("nan"), 1j, [object()]])
def test_values_without_a_form(value: Any) -> None:
    with pytest.raises(EncodeError):
        structured.encode({"k": value})


def test_keys_must_be_text() -> None:
    with pytest.raises(EncodeError, match="no text"):
        structured.encode({1: "x"})  # type: ignore[dict-item]


def test_depth_is_limited() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"k": deep}
    with pytest.raises(EncodeError, match="levels"):
        structured.encode(deep)
    lists: Any = ["x"]
    for _ in range(100):
        lists = [lists]
    with pytest.raises(EncodeError, match="levels"):
        structured.encode({"l": lists})
    raw: Any = {"k": b"x"}
    for _ in range(200):
        raw = {"k": raw}
    assert structured.decode(raw).keys() == {"k"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", b"5", 5),
        ("integer", b"1e+21", 10**21),
        ("integer", b"abc", b"abc"),
        ("integer", b"1_0", b"1_0"),
        ("integer", b"1.5", b"1.5"),
        ("Integer", b"5", 5),
        ("float", b"1.5e+00", 1.5),
        ("float", b"inf", b"inf"),
        ("float", b"1e999", b"1e999"),
        ("atom", b'"true"', True),
        ("atom", b"false", False),
        ("atom", b'"null"', None),
        ("atom", b'"', Atom('"')),
        ("atom", b"ok", Atom("ok")),
        ("list", b'"a", "b"', [b"a", b"b"]),
        ("list", b'"say "hi"", "b\\c"', [b'say "hi"', b"b\\c"]),
        ("list", b'1, "x", token', [1, b"x", b"token"]),
        ("list", b"", []),
        ("list", b'"a" "b"', [b'a" "b']),
        ("list", b'"(ao-type-strange) x"', [b"x"]),
        ("list", b'"(ao-type-empty-list) "', [[]]),
        ("empty-binary", b"ignored", b""),
        ("empty-list", b"ignored", []),
        ("empty-message", b"ignored", {}),
        ("strange", b"text", b"text"),
    ],
)
def test_reading_is_lenient(kind: str, text: bytes, value: Any) -> None:
    decoded = structured.decode({"ao-types": f'k="{kind}"'.encode(), "k": text})
    assert decoded == {"k": value}
    assert type(decoded["k"]) is type(value)


def test_reading_lists_of_maps() -> None:
    noted = {"ao-types": b'l="list", m="list"', "l": {"10": b"j", "2": b"b", "1": b"a"}, "m": {"1": b"a", "x": b"b"}}
    assert structured.decode(noted) == {"l": [b"a", b"b", b"j"], "m": {"1": b"a", "x": b"b"}}
    assert structured.decode({"ao-types": b'l="list"', "l": {"2": b"a", "ao-types": b'1="empty-list"'}}) == {
        "l": [[], b"a"]
    }


def test_notes_without_values() -> None:
    assert structured.decode({"ao-types": b'a="empty-binary", b="integer", broken, c="'}) == {"a": b""}
    assert structured.decode({"a": 5, "ao-types": {"k": b"v"}}) == {"a": 5}


def test_long_integers_survive() -> None:
    big = 10**20000 + 7
    assert structured.decode(structured.encode({"n": big})) == {"n": big}
    with pytest.raises(EncodeError, match="bits"):
        structured.encode({"n": 1 << 4_000_000})
    assert structured.decode({"ao-types": b'n="integer"', "n": b"9" * 1_000_001})["n"] == b"9" * 1_000_001


KEYS = st.text("abcdefghij-_0123456789 :/%\u00e9", min_size=1, max_size=6).filter(
    lambda key: not key.startswith("priv") and key != "ao-types"
)
VALUES = st.recursive(
    st.one_of(
        st.binary(max_size=30),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none(),
        st.text("abcxyz_", min_size=1).filter(lambda n: n not in ("true", "false", "null")).map(Atom),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_message_round_trips(message: dict[str, Any]) -> None:
    decoded = structured.decode(structured.encode(message))
    assert decoded == message
    assert {key: type(item) for key, item in decoded.items()} == {key: type(item) for key, item in message.items()}
