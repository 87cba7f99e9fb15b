"""How fast the embedded node is over HTTP, and how long it stays so: `python bench/node.py [--slots 10000]`.

Prints the server's time to readiness, schedule + compute of the Lua counter with every signature made and checked
(beside the real node's 585 ms), time and memory over many slots of one process, an old slot read again, a restart on a
kept store, and fifty clients at once.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REAL_NODE = 585.0  # ms: schedule 235, compute 350 (two cores, the real node of June 2025)
CLIENTS = 50


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--slots", type=int, default=10_000)
    slots = options.parse_args().slots
    with tempfile.TemporaryDirectory() as folder:
        over_http(Path(folder))
    many_slots(slots)
    with tempfile.TemporaryDirectory() as folder:
        restart(Path(folder))


def row(name: str, milliseconds: float, note: str = "") -> None:
    """One line of the report."""
    print(f"{name:44}{milliseconds:9.1f} ms   {note}".rstrip(), flush=True)


def started(folder: Path) -> tuple[subprocess.Popen[str], dict[str, Any], float]:
    """A server process, what it said when ready, and after how many milliseconds."""
    command = [sys.executable, "-c", "from taskrunner.cli import main; main()", "node", "start", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--wallet", str(folder / "w.json")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline()), 1000 * (time.perf_counter() - began)


def over_http(folder: Path) -> None:
    """The wallet has 4096 bits: the client signs, the node verifies, and signs the assignment and the answer."""
    from taskrunner.backends.embedded import write_private
    from taskrunner.client import HB
    from taskrunner.wire import Wallet

    wallet = Wallet.generate(4096)
    write_private(folder / "w.json", wallet.to_jwk())
    ready = []
    for _ in range(5):
        process, facts, milliseconds = started(folder)
        ready.append(milliseconds)
        process.terminate()
        process.wait()
    row("server process ready", statistics.median(ready), "goal 400")
    process, facts, _ = started(folder)
    try:
        hb = HB(url=facts["url"], jwk=wallet)
        pid = hb.spawn_lua(hb.cache_script(source()))["pid"]
        took = []
        for _ in range(60):
            began = time.perf_counter()
            hb.compute_lua(pid, hb.schedule_lua(pid, "Inc")["slot"])
            took.append(1000 * (time.perf_counter() - began))
        pair = statistics.median(took)
        note = f"real node {REAL_NODE:.0f}, {REAL_NODE / pair:.0f} times, goal 20"
        row("schedule + compute over HTTP, RSA-4096", pair, note)
        crowd(facts["url"], hb, pid)
    finally:
        process.terminate()
        process.wait()


def crowd(url: str, hb: Any, pid: str) -> None:
    """Fifty clients at once, each with four messages of its own."""
    from taskrunner.client import HB
    from taskrunner.wire import Wallet

    small = Wallet.generate(2048)
    before = hb.slot(pid, "current")["body"]

    def work(_: int) -> list[int]:
        client = HB(url=url, jwk=small)
        found = []
        for _ in range(4):
            slot = client.schedule_lua(pid, "Inc")["slot"]
            client.compute_lua(pid, slot)
            found.append(slot)
        client.close()
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        slots = [slot for found in pool.map(work, range(CLIENTS)) for slot in found]
    seconds = time.perf_counter() - began
    lost = 4 * CLIENTS - len(set(slots)) + abs(hb.slot(pid, "current")["body"] - before - 4 * CLIENTS)
    row(f"{CLIENTS} clients at once, {4 * CLIENTS} messages, each", 1000 * seconds / len(slots), f"{lost} lost")


def many_slots(slots: int) -> None:
    """One process in this process: time per slot at the beginning and at the end, memory, an old slot."""
    from taskrunner.backends import HyperBEAM

    with HyperBEAM(reset=True) as hbeam:
        hb = hbeam.hb
        pid = hb.spawn_lua(hb.cache_script(source()))["pid"]
        took = []
        for _ in range(slots):
            began = time.perf_counter()
            hb.compute_lua(pid, hb.schedule_lua(pid, "Inc")["slot"])
            took.append(1000 * (time.perf_counter() - began))
        tenth = max(1, slots // 10)
        first, last = statistics.median(took[:tenth]), statistics.median(took[-tenth:])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        note = f"last tenth {last:.2f} ms, {peak:.0f} MB, goal 300"
        row(f"{slots} slots of one process: first tenth", first, note)
        began = time.perf_counter()
        hb.compute_lua(pid, slots // 3)
        row("an old slot read again", 1000 * (time.perf_counter() - began), "goal 20")


def restart(folder: Path) -> None:
    """A process of a hundred slots after a restart: the next slot needs the VM, rebuilt by replay."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.wire import Wallet

    wallet = Wallet.generate(2048)
    with HyperBEAM(jwk=wallet, persist=folder) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(source()))["pid"]
        for _ in range(100):
            hbeam.hb.schedule_lua(pid, "Inc")
        hbeam.hb.compute_lua(pid, 100)
    began = time.perf_counter()
    with HyperBEAM(jwk=wallet, persist=folder, reset=False) as hbeam:
        hbeam.hb.compute_lua(pid, hbeam.hb.schedule_lua(pid, "Inc")["slot"])
        row("restart and slot 101 (replays 0 to 100)", 1000 * (time.perf_counter() - began))


def source() -> bytes:
    """The counter of the demo."""
    return (ROOT / "test" / "demo" / "counter.lua").read_bytes()


if __name__ == "__main__":
    main()
