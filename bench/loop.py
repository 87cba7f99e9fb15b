"""What the loop costs beyond the suite's own time: `python bench/loop.py`.

Prints medians: the pure part of classification, one iteration of the loop with a suite that takes no time, and a cold
`taskrunner run 1` on a finished module beside the time that its suites took.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "test" / "loop", ROOT / "test" / "unit" / "core"):
    sys.path.insert(0, str(folder))


def median(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


def classification(times: int = 200) -> float:
    """A recorded failure, with all evidence at hand, to its verdict: milliseconds."""
    from cases import answered, case, failed, talk

    from taskrunner.core.judge import verdict

    exchanges = talk(*[("Inc", str(number)) for number in range(1, 21)])
    given = answered(case(failed(exchanges=exchanges, expected="3", got="2")))
    found = []
    for _ in range(times):
        began = time.perf_counter()
        verdict(given)
        found.append(time.perf_counter() - began)
    return median(found)


def iteration(times: int = 15) -> float:
    """One fix of an agent to the next brief, with a scripted suite: everything that is the loop's own, milliseconds."""
    from scripted import Fixer, module_text, scripted, workspace

    from taskrunner.runner import run_task

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        texts = [module_text("-- fails test_3: boom", f"-- {number}") for number in range(times + 1)]
        found = workspace(root, texts[0])
        moments: list[float] = []

        def heard(event: dict[str, object]) -> None:
            if event["event"] == "failure":
                moments.append(time.perf_counter())

        with scripted(), contextlib.redirect_stdout(sys.stderr):
            for text in texts[1:]:  # a fresh run each time, as a person or a cold agent has it
                run_task(found, 1, agent=Fixer(root, text), reporter=heard)
        gaps = [later - earlier for earlier, later in zip(moments[::2], moments[1::2], strict=False)]
        return median(gaps)


def finished(times: int = 5) -> Iterator[tuple[float, float]]:
    """A cold `taskrunner run 1` on a finished module: (whole seconds, seconds of its suites)."""
    from corpus.build import Case, build
    from corpus.worlds import COUNTER

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "counter"
        build(Case("module", "good", COUNTER, lambda built: None, own_suite=False), root)
        command = [sys.executable, "-c", "from taskrunner.cli import main; main()", "run", "1", "--jsonl"]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        for _ in range(times):
            began = time.perf_counter()
            done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
            whole = time.perf_counter() - began
            events = [json.loads(line) for line in done.stdout.splitlines()]
            suites = [event["report"]["seconds"] for event in events if event.get("event") == "suite.finished"]
            yield whole, sum(suites)


def main() -> None:
    print(f"classification of a recorded failure, pure part   {classification():8.3f} ms   (goal 5 ms)")
    print(f"one iteration beyond the suite's own time         {iteration():8.1f} ms   (goal 150 ms)")
    runs = list(finished())
    print(f"taskrunner run 1 on a finished module, cold       {median([w for w, _ in runs]):8.0f} ms   (goal 1000 ms)")
    print(f"  of which its suites                             {median([s for _, s in runs]):8.0f} ms")


if __name__ == "__main__":
    main()
