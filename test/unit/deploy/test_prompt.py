"""The console's commands on a process of the embedded node; no terminal is needed for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.deploy.prompt import HELP, Leave, Prompt

from .conftest import COUNTER


@pytest.fixture(scope="module")
def hbeam() -> Iterator[HyperBEAM]:
    with HyperBEAM(reset=True) as found:
        yield found


@pytest.fixture
def prompt(hbeam: HyperBEAM) -> Prompt:
    module = hbeam.hb.cache_script(COUNTER)
    return Prompt(hbeam.hb, hbeam.hb.spawn_lua(module)["pid"])


def test_send_shows_slot_and_answer(prompt: Prompt) -> None:
    assert prompt.execute("send Inc Amount=5") == ["slot 1", '→ {"data": "1", "target": "x"}']


def test_stepping_through_slots(prompt: Prompt) -> None:
    for _ in range(2):
        prompt.execute("send Inc")
    assert prompt.execute("back")[0] == "slot 1"
    assert prompt.execute("back")[0] == "slot 0"
    assert prompt.execute("back")[0] == "slot 0"
    assert prompt.execute("next")[0] == "slot 1"
    assert prompt.execute("slot")[0] == "slot 2"


def test_state_and_messages(prompt: Prompt) -> None:
    prompt.execute('send Inc Note="a b" data=hello')
    assert any('"data": "1"' in line for line in prompt.execute("state results"))
    listed = prompt.execute("messages")
    assert len(listed) == 2
    assert "Inc" in listed[1] and "hello" in listed[1]


def test_a_failing_slot_is_an_answer(prompt: Prompt) -> None:
    assert prompt.execute("send Fail")[0].startswith("the node refused")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "no command"),
        ("send", "needs an action"),
        ("send Inc x", "no Tag=value"),
        ("slot x", "cannot read"),
        ("eval", "needs a text"),
        ('send "Inc', "cannot read"),
    ],
)
def test_bad_lines_say_what_was_expected(prompt: Prompt, line: str, words: str) -> None:
    assert words in prompt.execute(line)[0]


def test_empty_help_and_leaving(prompt: Prompt) -> None:
    assert prompt.execute("   ") == []
    assert prompt.execute("help") == HELP.split("\n")
    with pytest.raises(Leave):
        prompt.execute("quit")
