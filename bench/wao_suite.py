"""A suite as WAO's tutorial prints it, under taskrunner, whole process: `python bench/wao_suite.py [TIMES]`.

Beside it: what the same calls took on a real node (2.45 s, NODE.md), and where the time goes. The first run, with cold
caches of the disk, is not counted. WAO's `ready()` asks for its node once a second; `poll.mjs` lets it ask earlier.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL_NODE = 2.45
MODULE = """local count = 0
function compute(base, req, opts)
  if req.body.action == "Inc" then count = count + 1 end
  base.results = { outbox = { ["1"] = { target = "x", data = tostring(count) } } }
  return base
end
"""


def main(times_to_run: int) -> None:
    from taskrunner.suite import SuiteRun, run

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "package.json").write_text('{"type": "module"}')
        (root / "tasks.json").write_text('{"tasks": []}')
        (root / "node_modules").symlink_to(ROOT / "node_modules")
        (root / "custom-lua").mkdir()
        (root / "custom-lua" / "counter.lua").write_text(MODULE)
        (root / "test").mkdir()
        suite = root / "test" / "counter-module.test.js"
        shutil.copy(ROOT / "test" / "e2e" / "wao" / suite.name, suite)
        times = []
        for number in range(times_to_run + 1):
            folder = root / ".taskrunner" / "runs" / str(number)
            began = time.time()
            report = run(SuiteRun(root, suite, folder))
            assert report.green, report.failed
            times.append(parts(folder, began, time.time()))
    first, *later = times
    print(f"WAO's counter suite under taskrunner (goal 1.5 s; the calls alone on a real node: {REAL_NODE} s)")
    print(f"{'':34}{'first':>8}{'median':>8}{'best':>8}")
    for name in first:
        row = [each[name] for each in later]
        print(f"{name:34}{first[name]:>8.2f}{statistics.median(row):>8.2f}{min(row):>8.2f}")


def parts(folder: Path, began: float, ended: float) -> dict[str, float]:
    """Seconds of each part of a run, in their order, and of the whole."""
    noted = [json.loads(line) for line in (folder / "counts.jsonl").read_text().splitlines()]
    at = {name: value / 1000 for name, value in next(line["times"] for line in noted if "times" in line).items()}
    node = json.loads((folder / "standin.jsonl").read_text().splitlines()[0])
    tests = [json.loads(line) for line in (folder / "report.jsonl").read_text().splitlines()]
    calls = sum(line["ms"] for line in tests if "test" in line) / 1000
    asked = at["ended"] - calls - at["hooked"]  # WAO's own wait, and the little that is before and after it
    return {
        "whole process": ended - began,
        "  our process, before Node.js": at["started"] - began,
        "  Node.js": at["ours"] - at["started"],
        "  import of npm wao": at["imported"] - at["ours"],
        "  our hooks": at["hooked"] - at["imported"],
        "  WAO's wait for its node": asked,
        "  the tests with all their calls": calls,
        "  our process, after Node.js": ended - at["ended"],
        "our node: start until it answers": node["at"] - node["began"],
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
