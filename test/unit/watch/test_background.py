"""The proof in the background: its events come back, ending it takes no time, and one follows the other."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskrunner.watch import background
from taskrunner.watch.background import Proof

DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"event": "begun", "pid": %d}' % os.getpid(), flush=True)
print('no JSON', flush=True)
time.sleep(60)
"""
SHORT = 'print(\'{"event": "done"}\')'


@pytest.fixture
def told() -> queue.Queue[dict[str, Any] | None]:
    return queue.Queue()


@pytest.fixture
def proof(tmp_path: Path, told: queue.Queue[dict[str, Any] | None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Proof]:
    monkeypatch.setattr(background, "GRACE", 0.5)
    monkeypatch.setattr(background, "RUN", DEAF)
    found = Proof(tmp_path, 1, told.put)
    yield found
    found.stop(wait=True)


def test_events_come_back_until_it_has_ended(
    proof: Proof, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "RUN", SHORT)
    proof.start()
    assert told.get(timeout=20) == {"event": "done"} and told.get(timeout=20) is None
    assert not proof.running


def test_ending_it_is_not_waited_for_and_nothing_more_is_told(proof: Proof, told: queue.Queue[Any]) -> None:
    proof.start()
    pid = told.get(timeout=20)["pid"]
    began = time.monotonic()
    proof.stop()
    assert time.monotonic() - began < 0.3
    proof.wait()  # it is deaf, so it is killed
    assert not Path(f"/proc/{pid}").exists() and told.empty()


def test_the_next_one_begins_when_the_last_one_is_gone(
    proof: Proof, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proof.start()
    pid = told.get(timeout=20)["pid"]
    monkeypatch.setattr(background, "RUN", SHORT)
    proof.start()
    assert told.get(timeout=20) == {"event": "done"}
    assert not Path(f"/proc/{pid}").exists()


def test_one_that_is_stopped_before_it_begins_never_begins(
    proof: Proof, told: queue.Queue[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof.start()
    told.get(timeout=20)
    monkeypatch.setattr(background, "RUN", "open('begun', 'w')")
    proof.start()
    proof.stop(wait=True)
    assert not (tmp_path / "begun").exists() and told.empty()
