"""How long watch mode takes from the rename of a saved file to the verdict on the screen: `bench/watch.py [SAVES]`.

Runs `taskrunner watch` in a terminal of its own (a pty) on a Lua counter with ten tests and real commitments. Each save
changes a literal that changes the verdict, and the verdict is checked. Prints median, 95th percentile and memory.
"""

from __future__ import annotations

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
PAUSE = float(os.environ.get("PAUSE","0.3"))
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


def memory(pid: int) -> int:
    """Resident KiB of a process and its children."""
    listed = subprocess.run(["ps", "-o", "rss=", "--pid", str(pid), "--ppid", str(pid)], capture_output=True, text=True)
    return sum(int(line) for line in listed.stdout.split())


def main(saves: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "w"
        source = workspace(folder)
        right = source.read_text()
        wrong = right.replace("state.count + amount", "state.count + amount + 1", 1)
        assert wrong != right, "the recorded fix has another text now"
        terminal = Terminal(folder)
        try:
            assert terminal.verdict(60) == "green"
            took, sizes = [], []
            for number in range(saves):
                text, expected = (wrong, "red") if number % 2 == 0 else (right, "green")
                new = source.with_name(".saved")
                new.write_text(text)
                began = time.perf_counter()
                os.rename(new, source)
                verdict = terminal.verdict()
                took.append(time.perf_counter() - began)
                assert verdict == expected, f"save {number}: {verdict} instead of {expected}"
                sizes.append(memory(terminal.process.pid))
                time.sleep(PAUSE)
        finally:
            terminal.close()
    took.sort()
    print(f"watch, {saves} saves, 10 tests: median {1000 * statistics.median(took):.0f} ms (goal 100),", end=" ")
    print(f"95th percentile {1000 * took[int(0.95 * (len(took) - 1))]:.0f} ms (goal 200),", end=" ")
    print(f"memory {sizes[0] // 1024} MiB at first, {sizes[-1] // 1024} MiB at the end")
    print(json.dumps({"median_ms": round(1000 * statistics.median(took), 1), "saves": saves}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
