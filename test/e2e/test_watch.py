"""Watch mode in a terminal of its own: on save, verdict; keys; and everything ends with it."""

from __future__ import annotations

import importlib.util
import os
import re
import select
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PLAIN = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def bench(root: Path) -> ModuleType:
    """The measuring script, which knows how to watch a terminal."""
    spec = importlib.util.spec_from_file_location("bench_watch", root / "bench" / "watch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(bench: ModuleType, tmp_path: Path) -> Path:
    found: Path = bench.workspace(tmp_path / "w")
    return found


@pytest.fixture
def terminal(bench: ModuleType, source: Path) -> Iterator[Any]:
    found = bench.Terminal(source.parent.parent)
    yield found
    if found.process.poll() is None:
        found.close()


def save(source: Path, text: str) -> None:
    new = source.with_name(".new")
    new.write_text(text)
    os.rename(new, source)


def frame_with(terminal: Any, words: str, seconds: float = 60.0) -> None:
    """Waits for a frame that holds these words."""
    deadline = time.monotonic() + seconds
    seen = ""
    while words not in seen:
        assert time.monotonic() < deadline, f"no frame holds {words!r}: {seen[-2000:]}"
        if select.select([terminal.master], [], [], 0.5)[0]:
            seen += PLAIN.sub(b"", os.read(terminal.master, 1 << 16)).decode("utf-8", "replace")


def broken(text: str) -> str:
    return text.replace("state.count + amount", "state.count + amount + 1", 1)


def test_saves_get_verdicts_and_q_leaves(source: Path, terminal: Any) -> None:
    right = source.read_text()
    assert terminal.verdict(60) == "green"
    save(source, broken(right))
    assert terminal.verdict(60) == "red"
    save(source, right + "\nthis is no Lua")
    assert terminal.verdict(60) == "red"
    save(source, right)
    assert terminal.verdict(60) == "green"
    os.write(terminal.master, b"q")
    assert terminal.process.wait(20) == 0


def test_the_proof_follows_and_writes_the_status(source: Path, terminal: Any) -> None:
    assert terminal.verdict(60) == "green"
    tasks = source.parent.parent / "tasks.json"
    deadline = time.monotonic() + 90
    while '"done"' not in tasks.read_text():
        assert time.monotonic() < deadline, "the proof did not end"
        time.sleep(0.2)
    frame_with(terminal, "done")
    save(source, broken(source.read_text()))
    assert terminal.verdict(60) == "red"
    assert terminal.history == [True, False], "a status written by the proof is no change that asks for a verdict"


def test_a_new_save_ends_a_stale_run(source: Path, terminal: Any) -> None:
    right = source.read_text()
    assert terminal.verdict(60) == "green"
    suite = source.parent.parent / "test" / "test_counter_module.py"
    slow = "import time\n\ndef test_slow(module):\n    if b'amount + 1' in module.source:\n        time.sleep(300)\n"
    save(suite, suite.read_text() + slow)
    assert terminal.verdict(60) == "green"
    save(source, broken(right))
    frame_with(terminal, "running the rest")  # other tests have failed, this one sleeps
    save(source, right)
    assert terminal.verdict(60) == "green" and terminal.history == [True, True, True]


def test_edits_of_plan_and_tasks_are_taken_up(source: Path, terminal: Any) -> None:
    assert terminal.verdict(60) == "green"
    for name, old, new in (("plan.md", "Amount: int", "Amount: nonsense"), ("tasks.json", "{", "")):
        file = source.parent.parent / name
        right = file.read_text()
        save(file, right.replace(old, new, 1))
        assert terminal.verdict(60) == "red", name
        save(file, right)
        assert terminal.verdict(60) == "green", name


def test_the_task_may_move_to_another_file(source: Path, terminal: Any) -> None:
    assert terminal.verdict(60) == "green"
    other = source.with_name("other.lua")
    other.write_text(source.read_text())
    root = source.parent.parent
    suite = root / "test" / "test_other_module.py"
    suite.write_text((root / "test" / "test_counter_module.py").read_text().replace("counter.lua", "other.lua"))
    tasks = root / "tasks.json"
    save(root / "plan.md", (root / "plan.md").read_text().replace("### counter", "### other"))
    terminal.verdict(60)  # plan and tasks contradict each other until the second of them is saved
    save(tasks, tasks.read_text().replace("counter.lua", "other.lua").replace("test_counter", "test_other"))
    while terminal.verdict(60) != "green":
        pass
    save(other, broken(other.read_text()))
    assert terminal.verdict(60) == "red", "the new file is watched"


def test_each_key_does_what_it_says(source: Path, terminal: Any) -> None:
    assert terminal.verdict(60) == "green"
    save(source, broken(source.read_text()))
    assert terminal.verdict(60) == "red"
    frame_with(terminal, "MOD-WRONG-REPLY")  # the proof
    for key, words in (("b", "What failed"), ("m", "no mutants yet"), ("l", "fixable")):
        os.write(terminal.master, key.encode())
        frame_with(terminal, words)
        os.write(terminal.master, b" ")
        frame_with(terminal, "a all   f failing")
    os.write(terminal.master, b"f")
    frame_with(terminal, "10 of 10 fail still")
    os.write(terminal.master, b"a")
    frame_with(terminal, "0 of 10 passed")
    os.write(terminal.master, b"q")
    assert terminal.process.wait(20) == 1
