"""Values go into a store and come out the same; what was acknowledged survives, and nothing is written by halves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.errors import EnvironmentFault
from taskrunner.lua.border import AtomKey, Opaque
from taskrunner.node.pack import pack, unpack
from taskrunner.node.store import FILE, DiskStore, MemoryStore, Store
from taskrunner.wire import Atom

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary() | st.builds(Atom, st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_values_come_back_exactly(value: Any) -> None:
    again = unpack(pack(value))
    assert again == value and repr(again) == repr(value)


def test_what_lua_leaves_behind_comes_back_as_text() -> None:
    value = {"f": Opaque("#Fun<x>"), AtomKey("true"): [Opaque("{a,b,undefined}", builtin=True)], (): 1, 5: 2.0}
    assert unpack(pack(value)) == value


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path)


def test_both_stores_keep_and_list(store: Store) -> None:
    assert store.get("a", "1") is None
    with store.batch():
        store.put("a", "2", b"x")
        store.put("a", "1", b"y")
        store.put("b", "1", b"z")
        store.put("a", "2", b"changed")
    assert (store.get("a", "2"), store.get("b", "1")) == (b"changed", b"z")
    assert store.keys("a") == ["2", "1"]
    store.close()


def _half(store: Store) -> None:
    with store.batch():
        store.put("a", "1", b"x")
        with store.batch():
            store.put("a", "2", b"x")
        raise RuntimeError


def test_a_batch_is_all_or_nothing(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    with pytest.raises(RuntimeError):
        _half(store)
    assert store.keys("a") == []
    store.put("a", "3", b"x")
    assert store.keys("a") == ["3"]


def test_a_second_node_may_not_open_the_same_store(tmp_path: Path) -> None:
    first = DiskStore(tmp_path)
    first.put("a", "1", b"x")
    with pytest.raises(EnvironmentFault) as caught:
        DiskStore(tmp_path)
    assert caught.value.code == "ENV-NODE-STORE"
    first.close()
    assert DiskStore(tmp_path).get("a", "1") == b"x"


def test_a_file_that_is_no_store_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("notes of mine, not a database, and longer than a header\n" * 20)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(EnvironmentFault):
        DiskStore(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    import sqlite3

    DiskStore(tmp_path).close()
    base = sqlite3.connect(tmp_path / FILE)
    base.execute("PRAGMA user_version=99")
    base.close()
    with pytest.raises(EnvironmentFault, match="newer version"):
        DiskStore(tmp_path)


WRITER = """
import sys
from pathlib import Path
from taskrunner.node.store import DiskStore
store = DiskStore(Path(sys.argv[1]))
for number in range(10**6):
    with store.batch():
        store.put("a", str(number), b"x" * 100)
        store.put("b", str(number), b"y")
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = -1
    for line in writer.stdout:
        last = int(line)
        if last >= 20:
            os.kill(writer.pid, signal.SIGKILL)
            break
    last = max([last, *(int(line) for line in writer.stdout.read().split())])
    writer.wait()
    store = DiskStore(tmp_path)
    kept = {int(key) for key in store.keys("a")}
    assert set(range(last + 1)) <= kept
    assert kept == {int(key) for key in store.keys("b")}
