"""One field changes, every other byte stays: whatever the file looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.project.jsonedit import append_item, set_members
from taskrunner.project.jsontext import Node, read
from test.unit.project.test_jsontext import VALUES


def first(text: str) -> Node:
    tasks = read(text).get("tasks")
    assert tasks is not None
    return tasks.items[0]


@pytest.mark.parametrize(
    ("text", "values", "after"),
    [
        ('{"tasks":[{"id":1}]}', {"status": "done"}, '{"tasks":[{"id":1,"status":"done"}]}'),
        ('{"tasks": [{"id": 1}]}', {"status": "done"}, '{"tasks": [{"id": 1, "status": "done"}]}'),
        ('{"tasks": [{}]}', {"status": "done"}, '{"tasks": [{"status": "done"}]}'),
        (
            '{"tasks": [\n  {\n    "id": 1,\n    "status" : "pending"\n  }\n]}',
            {"status": "done", "started_at": "x"},
            '{"tasks": [\n  {\n    "id": 1,\n    "status" : "done",\n    "started_at" : "x"\n  }\n]}',
        ),
        (
            '{"tasks": [{"id": 1e0, "status": "pending", "x": "\\u00e9"}]}\r',
            {"status": "blocked", "escalation": {"rule": "r", "count": 3}},
            '{"tasks": [{"id": 1e0, "status": "blocked", "x": "\\u00e9", "escalation": {"rule": "r", "count": 3}}]}\r',
        ),
        ('{"tasks": [{"id": 1, "escalation": {}, "x": 2}]}', {"escalation": None}, '{"tasks": [{"id": 1, "x": 2}]}'),
        ('{"tasks": [{"escalation": {}, "x": 2}]}', {"escalation": None}, '{"tasks": [{"x": 2}]}'),
        ('{"tasks": [{"escalation": {}}]}', {"escalation": None}, '{"tasks": [{}]}'),
        ('{"tasks": [{"x": 1, "escalation": {}}]}', {"escalation": None}, '{"tasks": [{"x": 1}]}'),
        ('{"tasks": [{"x": 1}]}', {"escalation": None}, '{"tasks": [{"x": 1}]}'),
        (
            '{"tasks": [{"x": 1, "escalation": {}}]}',
            {"escalation": None, "status": "done"},
            '{"tasks": [{"x": 1, "status": "done"}]}',
        ),
    ],
)
def test_members(text: str, values: dict[str, Any], after: str) -> None:
    assert set_members(text, first(text), values) == after


def test_an_equal_value_keeps_its_spelling() -> None:
    text = '{"tasks": [{"status": "d\\u006fne"}]}'
    assert set_members(text, first(text), {"status": "done"}) == text


def test_true_is_not_one() -> None:
    text = '{"tasks": [{"count": true}]}'
    assert set_members(text, first(text), {"count": 1}) == '{"tasks": [{"count": 1}]}'


@given(
    st.dictionaries(st.text(), VALUES, max_size=5),
    st.dictionaries(st.sampled_from(["status", "started_at", "escalation", "completed_at"]), VALUES, min_size=1),
    st.sampled_from([None, 1, 4, "\t"]),
)
def test_any_object(before: dict[str, Any], values: dict[str, Any], indent: Any) -> None:
    """The result means what a dictionary's update means, and what surrounds the object stays byte for byte."""
    text = "[1,\n  " + json.dumps(before, indent=indent) + " , 2.50]\n"
    node = read(text).items[1]
    after = set_members(text, node, values)
    expected = {**before, **values}
    expected = {key: value for key, value in expected.items() if key not in values or value is not None}
    assert read(after).items[1].plain() == expected
    assert after.startswith("[1,\n  {")
    assert after.endswith("} , 2.50]\n")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"tasks": []}', '{"tasks": [\n  {"id": 2, "name": "n"}\n]}'),
        ('{\n  "tasks": []\n}', '{\n  "tasks": [\n    {"id": 2, "name": "n"}\n  ]\n}'),
        ('{"tasks": [{"id": 1}]}', '{"tasks": [{"id": 1}, {"id": 2, "name": "n"}]}'),
        (
            '{"tasks": [\n  {\n    "id": 1\n  }\n]}',
            '{"tasks": [\n  {\n    "id": 1\n  },\n  {\n    "id": 2,\n    "name": "n"\n  }\n]}',
        ),
        (
            '{"tasks": [\n  {"id": 1,\n   "x": 2},\n  {"id": 3, "x": 2}\n]}',
            '{"tasks": [\n  {"id": 1,\n   "x": 2},\n  {"id": 3, "x": 2},\n  {"id": 2, "name": "n"}\n]}',
        ),
    ],
)
def test_a_new_item_looks_like_the_last(text: str, after: str) -> None:
    array = read(text).get("tasks")
    assert array is not None
    assert append_item(text, array, {"id": 2, "name": "n"}) == after
