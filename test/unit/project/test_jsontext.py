"""The reader that remembers places agrees with Python's on what JSON is, and says where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.project.files import place
from taskrunner.project.jsontext import MAX_DEPTH, JsonError, Node, number, read

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_it_reads_what_json_writes(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read(text).plain() == value


@given(VALUES)
def test_every_value_knows_its_own_text(value: Any) -> None:
    text = json.dumps(value, indent=1)
    todo = [read(text)]
    while todo:
        node = todo.pop()
        assert json.loads(text[node.start : node.end]) == node.plain()
        todo += node.items + [member.value for member in node.members]


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u', max_size=12))
def test_it_takes_and_refuses_what_python_does(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda word: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JsonError):
            read(text)
        return
    found = read(text).plain()
    assert found == expected or "\ufffd" in str(found)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("{\n", 'ends too early: expected a name in double quotes; the "{" of line 1', 2, 1),
        ('{"a": [1,\n 2', 'ends too early: expected "," or "]"; the "[" of line 1', 2, 3),
        ('{"a" 1}', 'expected ":" after the name, found "1"', 1, 6),
        ('{"a": 1 "b": 2}', 'expected "," or "}", found "\\""', 1, 9),
        ('{"a": 1,}', "a comma before the closing bracket", 1, 8),
        ("[1,]", "a comma before the closing bracket", 1, 3),
        ("{a: 1}", "expected a name in double quotes", 1, 2),
        ("{'a': 1}", "expected a name in double quotes", 1, 2),
        ('["a\nb"]', "must not contain a line break", 1, 4),
        ('["a', "ends inside a text", 1, 2),
        ('["\\x"]', "backslash starts no escape", 1, 3),
        ("[01]", '"01" is not a number', 1, 2),
        ("[1.]", '"1." is not a number', 1, 2),
        ("[NaN]", "expected a value", 1, 2),
        ("[1] 2", "expected the end of the file", 1, 5),
        ("", "ends too early: expected a value", 1, 1),
        ("// x\n{}", "expected a value", 1, 1),
        ('\ufeff{"a" 1}', 'expected ":"', 1, 6),
    ],
)
def test_what_is_wrong_and_where(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(JsonError) as caught:
        read(text)
    assert message in caught.value.message
    assert place(text, caught.value.offset) == (line, column)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_no_depth_exhausts_it(text: str) -> None:
    with pytest.raises(JsonError) as caught:
        read(text)
    assert caught.value.deep
    assert caught.value.offset == MAX_DEPTH * (5 if "a" in text else 1)


def test_the_allowed_depth_is_read() -> None:
    assert isinstance(read("[" * MAX_DEPTH + "]" * MAX_DEPTH), Node)


def test_numbers_keep_what_python_cannot_read() -> None:
    assert number("-12") == -12
    assert number("1e3") == 1000.0
    assert number("9" * 5000) == "9" * 5000


def test_half_a_surrogate_pair_cannot_break_a_terminal() -> None:
    assert read('"\\ud800x"').plain() == "\ufffdx"
    assert read('"\\ud83d\\ude00"').plain() == "😀"
