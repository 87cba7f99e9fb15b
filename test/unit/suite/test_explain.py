"""Plain data about exceptions: whose line it was, what the node said, what was compared."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import taskrunner
from taskrunner.suite import explain
from taskrunner.suite.replies import Sent

ROOT = Path(__file__).resolve().parent


class NodeSaysNo(Exception):
    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__("slot 1: 500")
        self.failure = failure


FAILURE = {
    "code": "MOD-LUA-ERROR",
    "message": "invalid index in nil: 'x'",
    "file": "custom_lua/counter.lua",
    "line": 12,
    "traceback": [
        {"file": "custom_lua/counter.lua", "line": 40, "function": "compute"},
        {"file": "custom_lua/counter.lua", "line": 12, "function": "actions.Inc"},
    ],
}


def caught(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_node_s_account_travels_with_its_frames() -> None:
    def ask() -> None:
        raise NodeSaysNo(FAILURE)

    fields = explain.of_exception(caught(ask), ROOT)
    assert fields["node_failure"] == FAILURE and fields["error_type"] == "NodeSaysNo"
    assert [(f["line"], f["role"], f["function"]) for f in fields["frames"]][-2:] == [
        (40, "module", "compute"),
        (12, "module", "actions.Inc"),
    ]
    assert fields["frames"][0]["role"] == "test" and fields["frames"][0]["file"] == Path(__file__).name


def test_the_account_is_found_behind_another_error() -> None:
    def ask() -> None:
        try:
            raise NodeSaysNo(FAILURE)
        except NodeSaysNo as error:
            raise AssertionError("wrapped") from error

    assert explain.node_failure(caught(ask)) == FAILURE
    assert explain.node_failure(ValueError()) is None
    assert explain.module_frames({"file": "x.lua", "line": 3})[0]["line"] == 3
    assert explain.module_frames({"message": "no place"}) == []


def test_a_circle_of_causes_ends() -> None:
    one, two = ValueError(), ValueError()
    one.__cause__, two.__cause__ = two, one
    assert explain.node_failure(one) is None


def test_whose_line_it_was() -> None:
    role = explain._role
    assert role(str(ROOT / "test" / "t.py"), ROOT) == "test"
    assert role(str(Path(taskrunner.__file__).parent / "suite" / "handles.py"), ROOT) == "harness"
    assert role("/usr/lib/python3.11/json/__init__.py", ROOT) == "library"
    assert role(str(ROOT / ".venv" / "lib" / "x.py"), ROOT) == "library"
    assert role(pytest.__file__.replace("pytest/__init__", "_pytest/python"), ROOT) == "pytest"


def test_a_syntax_error_has_its_own_place() -> None:
    error = caught(lambda: compile("def f(:\n", str(ROOT / "test_x.py"), "exec"))
    fields = explain.of_exception(error, ROOT)
    assert (fields["frames"][-1]["file"], fields["frames"][-1]["line"]) == ("test_x.py", 1)
    assert "invalid syntax" in fields["message"]


@pytest.mark.parametrize(
    ("compared", "expected", "got"),
    [
        (("==", "2", "3"), "3", "2"),
        (("==", 2, 3), "3", "2"),
        (("!=", 2, 2), "!= 2", "2"),
        (("in", "a", "bcd"), 'contains "a"', "bcd"),
        (("not in", "b", "bcd"), 'does not contain "b"', "bcd"),
        (("is", None, "x"), "is x", "None"),
    ],
)
def test_both_sides(compared: tuple[str, Any, Any], expected: str, got: str) -> None:
    assert explain.of_comparison(AssertionError(), compared, None) == {"expected": expected, "got": got}


def test_an_outbox_question_knows_both_sides() -> None:
    sent = Sent({"target": "bob"}, [])
    assert explain.of_comparison(AssertionError(), None, sent) == {"expected": '{"target": "bob"}', "got": "[]"}
    assert explain.of_comparison(AssertionError(), None, None) == {}


def test_long_values_are_cut_and_say_so() -> None:
    text = explain.show("x" * 10_000)
    assert len(text) < 5000 and text.endswith("(10000 characters)")


def test_paths_are_relative_where_they_can_be() -> None:
    assert explain.relative(f"{ROOT}/a.py:3: x", ROOT) == "a.py:3: x"
    assert explain.relative("/elsewhere/a.py", ROOT) == "/elsewhere/a.py"


def test_exchanges_become_plain_data() -> None:
    exchange = SimpleNamespace(slot=1, sent={"kind": "compute"}, status=200, got={"outbox": []}, more="ignored")
    assert explain.of_exchange(exchange) == {
        "slot": 1,
        "sent": {"kind": "compute"},
        "status": 200,
        "got": {"outbox": []},
    }
