"""A fingerprint stays when ids, numbers, times, paths and lines change, and changes when the fault does."""

from __future__ import annotations

import pytest

from taskrunner.core.facts import FailureClass, Frame
from taskrunner.core.fingerprint import deepest_module_frame, fingerprint, normalise, without_ids

ID = "bUPyN5S1oR3CV1yEYvwQYnHFdGYlCLvNzv8Rl4E_lRA"
OTHER = "aUPyN5S1oR3CV1yEYvwQYnHFdGYlCLvNzv8Rl4E-lRB"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("expected 3, got 2", "expected 4, got 17"),
        (f"process {ID} failed", f"process {OTHER} failed"),
        ("at 2025-06-01T10:00:00.123Z", "at 2026-11-21 02:27:43+01:00"),
        ("took 12:01:02.5", "took 13:59:00"),
        ("/tmp/pytest-1/a/counter.lua:12: boom", "/home/me/work/counter.lua:99: boom"),
        ("http://127.0.0.1:4711/x failed", "http://127.0.0.1:80/y/z failed"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174999"),
        ("at 0xdeadbeef", "at 0x1"),
        ("hash 0123456789abcdef0123", "hash ffffffffffffffff0000"),
        ("1.5e10 s", "2 s"),
        ("a   b\n c", "a b c"),
    ],
)
def test_what_changes_from_run_to_run_is_taken_out(one: str, two: str) -> None:
    assert normalise(one) == normalise(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("attempt to index nil", "attempt to call nil"),
        ("/a/counter.lua: boom", "/a/token.lua: boom"),
        ("expected text", "expected 3"),
    ],
)
def test_what_is_another_fault_stays_another(one: str, two: str) -> None:
    assert normalise(one) != normalise(two)


def test_without_ids_keeps_numbers() -> None:
    assert without_ids(f"{ID} has 3") == "<id> has 3"
    assert without_ids("got 3") != without_ids("got 4")


def test_the_deepest_module_frame_is_the_innermost() -> None:
    outer, inner = Frame("m.lua", 1, "compute", "module"), Frame("m.lua", 9, "inc", "module")
    assert deepest_module_frame((outer, inner, Frame("lib", 1, "", "library"))) == inner
    assert deepest_module_frame((Frame("t.py", 1),)) is None


def test_each_part_of_a_fingerprint_counts() -> None:
    frame = Frame("custom_lua/counter.lua", 7, "inc", "module")
    base = (FailureClass.MODULE, "MOD-LUA-ERROR", "test_a", "NodeError", "attempt to index nil", (frame,))
    others = [
        (FailureClass.TEST, *base[1:]),
        (base[0], "MOD-JSON", *base[2:]),
        (*base[:2], "test_b", *base[3:]),
        (*base[:3], "KeyError", *base[4:]),
        (*base[:4], "attempt to call nil", base[5]),
        (*base[:5], (Frame("custom_lua/counter.lua", 7, "dec", "module"),)),
        (*base[:5], ()),
    ]
    prints = {fingerprint(*each) for each in (base, *others)}
    assert len(prints) == len(others) + 1
    assert all(len(each) == 16 for each in prints)


def test_a_fault_that_moved_by_lines_or_folder_is_the_same() -> None:
    one = fingerprint(FailureClass.MODULE, "X", "t", "E", "boom", (Frame("/a/m.lua", 7, "inc", "module"),))
    two = fingerprint(FailureClass.MODULE, "X", "t", "E", "boom", (Frame("/b/m.lua", 70, "inc", "module"),))
    assert one == two


def test_text_that_is_no_utf8_has_a_fingerprint_too() -> None:
    assert fingerprint(FailureClass.MODULE, "X", "t", "E", "bad \ud800 text")
