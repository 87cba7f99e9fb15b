"""What a user waits for: help, a node's start, one message. Medians, beside their goals; bench/loop.py runs tasks.

python bench/cold.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

COMMAND = Path(sys.executable).with_name("taskrunner")


def timed(work: Callable[[], object], times: int) -> float:
    """The median seconds of a piece of work."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def command(root: Path, *arguments: str) -> None:
    subprocess.run([COMMAND, *arguments], cwd=root, check=False, capture_output=True, stdin=subprocess.DEVNULL)


def node_start() -> None:
    from taskrunner.backends import HyperBEAM

    with HyperBEAM(jwk=WALLET) as hbeam:
        hbeam.hb.get_text("/~meta@1.0/info/address")


def messages(sign: bool) -> float:
    """Seconds of one message, scheduled and computed, in process."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.backends.inprocess import InProcess
    from taskrunner.client import HB

    source = b"""local n = 0
function compute(base, req, opts)
  n = n + 1
  base.results = { outbox = { ["1"] = { data = tostring(n) } } }
  return base
end"""
    with HyperBEAM(jwk=WALLET) as hbeam:
        assert hbeam.node is not None
        hb = HB(jwk=WALLET, transport=InProcess(hbeam.node, sign=sign))
        pid = hb.spawn_lua(hb.cache_script(source))["pid"]

        def one() -> None:
            hb.compute_lua(pid=pid, slot=hb.schedule_lua(pid=pid, action="Inc")["slot"])

        one()
        return timed(one, 60)


def show(what: str, seconds: float, goal: str = "") -> None:
    print(f"{what:<58} {seconds * 1000:8.1f} ms   {goal}")


def main() -> None:
    """Print every measurement."""
    global WALLET
    from taskrunner.wire import Wallet

    WALLET = Wallet.generate(2048)
    with tempfile.TemporaryDirectory() as folder:
        show("taskrunner --help", timed(lambda: command(Path(folder), "--help"), 15), "goal 120 ms")
    node_start()
    show("embedded node in process, to its first answer", timed(node_start, 15), "goal 50 ms")
    show("Lua counter: schedule and compute, answers unsigned", messages(sign=False))
    show("Lua counter: schedule and compute, answers signed", messages(sign=True))


if __name__ == "__main__":
    main()
