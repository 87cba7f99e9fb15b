"""How long watch mode takes from the rename of a saved file to the verdict on the screen, of all tests.

bench/watch.py [--saves 500] [--pause 0.3]     # a Lua counter with ten tests and real commitments
bench/watch.py --wasm                          # a Rust counter with the suite of its plan: the build is part of it

Runs `taskrunner watch` in a terminal of its own (a pty). Each save changes a literal that changes the verdict, and the
verdict is checked, as is the row of marks: one for each save, none wrong. Prints median, 95th percentile and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAME = re.compile(rb"\x1b\[\?2026h.*?\x1b\[\?2026l", re.DOTALL)
MARK = "●".encode()
COLOURED = re.compile(rb"\x1b\[([0-9;]+)m([^\x1b]*)")
PLAIN = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")

SUITE = '''"""Ten tests of the counter, each on a fresh process, with real commitments."""

import pytest

MODULE = "custom_lua/counter.lua"


@pytest.fixture
def process(module):
    return module.spawn(reads="each")


@pytest.mark.parametrize("times", range(1, 11))
def test_counts(process, times):
    for _ in range(min(times, 3)):
        reply = process.send("Inc")
    assert reply.data == str(min(times, 3))
'''


def workspace(folder: Path) -> Path:
    """A counter that is right, with our own ten tests instead of the generated suite; its source file."""
    from taskrunner.project import init_workspace

    init_workspace(folder)
    right = ROOT / "test" / "demo" / "counter.lua"
    source = folder / "custom_lua" / "counter.lua"
    source.write_bytes(right.read_bytes())
    (folder / "test" / "test_counter_module.py").write_text(SUITE)
    (folder / "taskrunner.toml").write_text("[gate]\nessential = false\n")
    return source


def marks_of(frame: bytes) -> list[bool]:
    """The row of marks: whether each verdict so far was green."""
    row = next((line for line in frame.split(b"\r\n") if MARK in line), b"")
    return [colour == b"32" for colour, marks in COLOURED.findall(row) for _ in range(marks.count(MARK))]


class Terminal:
    """The watch command in a pty; `verdict` waits for the next settled frame."""

    def __init__(self, folder: Path) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", "from taskrunner.cli import main; main()", "watch", "1"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.seen = b""
        self.last = ""
        self.history: list[bool] = []

    def verdict(self, seconds: float = 30.0) -> str:
        """`green` or `red` of the next frame with one verdict more than before; raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.master], [], [], 0.5)
            if not ready:
                continue
            self.seen += os.read(self.master, 1 << 16)
            frames = FRAME.findall(self.seen)
            if not frames:
                continue
            self.seen = self.seen[self.seen.rfind(frames[-1]) + len(frames[-1]) :]
            for frame in frames:
                found = self._new_verdict(frame)
                if found:
                    return found
        raise TimeoutError("no verdict on the screen")

    def _new_verdict(self, frame: bytes) -> str:
        """The verdict of a frame, if its row of marks is the one before and one more (it holds sixty at most)."""
        text = PLAIN.sub(b"", frame).decode("utf-8", "replace")
        found = re.search(r"^(green|red)  ", text, re.MULTILINE)
        marks = marks_of(frame)
        if not found or "running" in text.split("\r\n")[0] or len(marks) != min(60, len(self.history) + 1):
            return ""
        expected = [*self.history, found[1] == "green"]
        if marks != expected[-60:] or (len(marks) == 60 and len(self.history) >= 60 and text == self.last):
            return ""
        self.history, self.last = expected, text
        return found[1]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        os.close(self.master)


def memory(pid: int) -> dict[str, int]:
    """Resident MiB of the watching process, of its warm process, and of what waits or runs below that."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,rss=,args="], capture_output=True, text=True).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    warm = [row for row in rows if int(row[1]) == pid and "taskrunner.suite.zygote" in row[3]]
    below = [row for row in rows if warm and row[1] == warm[0][0]]
    return {
        "watch": sum(int(row[2]) for row in rows if int(row[0]) == pid) >> 10,
        "warm": sum(int(row[2]) for row in warm) >> 10,
        "waiting": sum(int(row[2]) for row in below) >> 10,
    }


def wasm_workspace(folder: Path) -> Path:
    """A Rust counter that is right, with the suite generated from its plan; its source file."""
    sys.path.insert(0, str(ROOT / "bench"))
    import wasm

    from taskrunner.project import Workspace
    from taskrunner.suite import generate

    folder.mkdir()
    source: Path = wasm.workspace(folder)
    plan = Workspace.find(folder).plan()
    (folder / "test").mkdir()
    (folder / "test" / "test_counter_module.py").write_text(generate(plan.modules[0], plan))
    (folder / "taskrunner.toml").write_text("[gate]\nessential = false\n")
    return source


def broken(text: str) -> str:
    """The source with a literal that changes the verdict."""
    for old, new in (
        ("state.count + amount", "state.count + amount + 1"),
        ("count += amount;", "count += amount + 1;"),
    ):
        if old in text:
            return text.replace(old, new, 1)
    raise AssertionError("the counter has another text now")


def save(source: Path, text: str, terminal: Terminal) -> tuple[str, float]:
    """Save as editors do, by renaming; the verdict, and the seconds from the rename to its frame."""
    new = source.with_name(".saved")
    new.write_text(text)
    began = time.perf_counter()
    os.rename(new, source)
    verdict = terminal.verdict()
    return verdict, time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--saves", type=int, default=40)
    options.add_argument("--pause", type=float, default=0.3, help="seconds between a verdict and the next save")
    options.add_argument("--wasm", action="store_true", help="a Rust counter instead of a Lua one")
    chosen = options.parse_args()
    goal = (1000, None) if chosen.wasm else (100, 200)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "w"
        source = wasm_workspace(folder) if chosen.wasm else workspace(folder)
        right = source.read_text()
        wrong = broken(right)
        terminal = Terminal(folder)
        try:
            assert terminal.verdict(120) == "green"
            took, sizes = [], []
            for number in range(chosen.saves):
                time.sleep(chosen.pause)
                if number % max(1, chosen.saves // 10) == 0 or number == chosen.saves - 1:
                    sizes.append((number, memory(terminal.process.pid)))
                text, expected = (wrong, "red") if number % 2 == 0 else (right, "green")
                verdict, seconds = save(source, text, terminal)
                assert verdict == expected, f"save {number}: {verdict} instead of {expected}"
                took.append(1000 * seconds)
        finally:
            terminal.close()
    report(took, sizes, goal, "wasm" if chosen.wasm else "lua")


def report(took: list[float], sizes: list[tuple[int, dict[str, int]]], goal: tuple[int, int | None], kind: str) -> None:
    """A few lines for people and one for machines."""
    red, green = statistics.median(took[::2]), statistics.median(took[1::2] or took)
    middle, late = statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1))]
    print(f"watch, {kind}, {len(took)} saves, from rename to verdict on the screen:")
    print(f"  median {middle:.0f} ms (goal {goal[0]}), to red {red:.0f} ms, to green {green:.0f} ms")
    print(f"  95th percentile {late:.0f} ms" + (f" (goal {goal[1]})" if goal[1] else ""))
    for number, size in sizes:
        print(f"  before save {number + 1:4}: " + ", ".join(f"{name} {mib} MiB" for name, mib in size.items()))
    found = {"kind": kind, "saves": len(took), "median_ms": round(middle, 1), "p95_ms": round(late, 1)}
    print(json.dumps({**found, "memory_mib": [size for _, size in sizes]}))


if __name__ == "__main__":
    main()
