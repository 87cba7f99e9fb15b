"""The path grammar, part by part (PROTOCOL §9.2), and that nothing outside of it crashes or hangs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.node.limits import Limits
from taskrunner.node.paths import Pair, Part, Path, PathError, is_id, parse
from taskrunner.wire import Atom

ID = "Qr9fX0dE3gPjmRrvTQ2EyOqWl1yU5bAbcdefghijk_-"[:43]


def part(text: str) -> Part:
    (only,) = parse(text).parts
    return only


def test_words_ids_and_devices() -> None:
    assert parse(f"/{ID}/compute/results").parts == (Part(id=ID), Part(key="compute"), Part(key="results"))
    assert part(f"/{ID}~process@1.0") == Part(id=ID, device="process@1.0")
    assert part("/~meta@1.0") == Part(device="meta@1.0")
    assert part("/serialize~json@1.0") == Part(key="serialize", device="json@1.0")
    assert part("/x~(/~message@1.0&d=y/d)").device == parse("/~message@1.0&d=y/d")


def test_arguments_of_a_part_and_of_the_whole() -> None:
    path = parse("/a&x=1&flag/b?y=2&3.z=4")
    assert path.parts == (Part(key="a", pairs=(Pair("x", b"1"), Pair("flag", True))), Part(key="b"))
    assert path.query == (Pair("y", b"2"), Pair("z", b"4", step=3))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k=5", b"5"),
        ("k", True),
        ("k=", b""),
        ("k+integer=5", 5),
        ("k+integer=-12", -12),
        ("k+float=2.5", 2.5),
        ("k+atom=ok", Atom("ok")),
        ("k+atom=true", True),
        ('k+list="a", "b"', [b"a", b"b"]),
        ("k=%61%2Fb", b"a/b"),
        ("K=1", b"1"),
        ("k=(/a/b)", parse("/a/b")),
        ("k+resolve=%2Fa%2Fb", parse("/a/b")),
        ("k=a=b", b"a=b"),
    ],
)
def test_values_are_typed(text: str, value: object) -> None:
    assert parse(f"/x&{text}").parts[0].pairs == (Pair("k", value),)


def test_separators_in_parentheses_do_not_split() -> None:
    path = parse("/(/a/b&x=1?y=2)/c")
    assert path.parts[0].group == parse("/a/b&x=1?y=2")
    assert path.parts[1] == Part(key="c")


def test_escapes_and_empty_parts() -> None:
    assert parse("//a%2fb///c/").parts == (Part(key="a/b"), Part(key="c"))
    assert parse("/").parts == ()


@pytest.mark.parametrize(
    "text",
    [
        "/(",
        "/)",
        "/(a",
        "/a)b(",
        "/~",
        "/x~",
        "/" + "y" * 513,
        "/x&a.b=1",
        "/x?a.b=1",
        "/x&k+integer=x",
        "/x&k+float=-",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(PathError):
        parse(text)


def test_limits() -> None:
    limits = Limits(nesting=3, steps=4)
    assert parse("/a/b/c/d", limits) and parse("/(((a)))", limits)
    for text in ("/a/b/c/d/e", "/((((a))))"):
        with pytest.raises(PathError):
            parse(text, limits)


def test_ids_are_known_by_their_length() -> None:
    assert all(is_id("x" * length) for length in (43, 42, 32))
    assert not any(is_id("x" * length) for length in (0, 31, 33, 41, 44))
    assert is_id("\u00e9" * 16)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("/~&=+?().%ab1@ \u00e9\\\"'"), max_size=200))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        assert isinstance(parse(text), Path)
    except PathError:
        pass


def test_time_is_linear() -> None:
    began = time.process_time()
    for text in ("/" + "(" * 20_000, "/a" * 20_000, "/x?" + "&" * 40_000, "/" + "(a)" * 10_000):
        try:
            parse(text)
        except PathError:
            pass
    assert time.process_time() - began < 2.0
