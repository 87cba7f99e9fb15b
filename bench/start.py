"""How fast the tool starts and the main job is: `python bench/start.py`. Medians of whole processes and of calls.

Prints `taskrunner --help`, `taskrunner run 1` on a finished module with ten tests, the embedded node's start in
process, and schedule + compute of the Lua counter in process, with and without signing.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-c", "from taskrunner.cli import main; main()"]


def median_of(times: int, work: Callable[[], object]) -> float:
    """Median milliseconds of a piece of work, after one unmeasured go."""
    work()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return 1000 * statistics.median(found)


def command(*words: str, folder: Path | None = None) -> None:
    """One whole process of the command line."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*COMMAND, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)


def finished(folder: Path) -> Path:
    """A counter that is done, with a suite of ten tests."""
    spec = importlib.util.spec_from_file_location("bench_watch", ROOT / "bench" / "watch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.workspace(folder)
    command("run", "1", folder=folder)
    return folder


def node_start() -> None:
    """A node in this process, ready to answer."""
    from taskrunner.backends import HyperBEAM

    with HyperBEAM(reset=True) as hbeam:
        hbeam.hb.operator  # noqa: B018 (asks the node for its address)


def pairs() -> tuple[float, float]:
    """Schedule + compute of the counter: signed by a wallet, and as an unsigned message."""
    from taskrunner.backends import HyperBEAM

    source = (ROOT / "test" / "demo" / "counter.lua").read_bytes()
    with HyperBEAM(reset=True) as hbeam:
        hb = hbeam.hb
        pid = hb.spawn_lua(hb.cache_script(source))["pid"]
        signed = median_of(30, lambda: hb.compute_lua(pid, hb.schedule_lua(pid, "Inc")["slot"]))
        flat = median_of(30, lambda: hb.compute_lua(pid, hb.schedule_flat(pid, {"Action": "Inc"})["slot"]))
    return signed, flat


def main() -> None:
    print(f"taskrunner --help            {median_of(9, lambda: command('--help')):7.0f} ms   goal 120")
    with tempfile.TemporaryDirectory() as place:
        folder = finished(Path(place) / "w")
        again = median_of(5, lambda: command("run", "1", folder=folder))
        print(f"taskrunner run 1, 10 tests   {again:7.0f} ms   goal 1000 (cold process, finished module)")
    print(f"node start in process        {median_of(9, node_start):7.1f} ms   goal 50")
    signed, flat = pairs()
    print(f"schedule + compute, signed   {signed:7.2f} ms")
    print(f"schedule + compute, unsigned {flat:7.2f} ms")


if __name__ == "__main__":
    main()
