"""Watch mode in a terminal of its own: on save, verdict; keys; and everything ends with it."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

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


def test_saves_get_verdicts_and_q_leaves(source: Path, terminal: Any) -> None:
    right = source.read_text()
    assert terminal.verdict(60) == "green"
    save(source, right.replace("state.count + amount", "state.count + amount + 1", 1))
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
