"""What a user waits for: help, a run of a finished task, a node's start, one message. Medians, beside their goals.

python bench/cold.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

COMMAND = Path(sys.executable).with_name("taskrunner")
ACTIONS = {
    "Inc": "state.count = state.count + amount; return reply(msg, intstr(state.count))",
    "Dec": "state.count = math.max(0, state.count - amount); return reply(msg, intstr(state.count))",
    "Get": "return reply(msg, intstr(state.count))",
}
TEN_TESTS = 10


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


def finished(root: Path) -> Path:
    """A workspace whose Lua task is done, with a suite of ten tests that a person wrote."""
    command(root, "init", ".")
    (root / "test" / "test_counter_module.py").write_text(ten_tests())
    command(root, "run", "1")
    module = root / "custom_lua" / "counter.lua"
    text = module.read_text()
    for name, body in ACTIONS.items():
        text = re.sub(rf'return fail\(msg, "not implemented: {name}"\)', body, text)
    module.write_text(text)
    done = subprocess.run([COMMAND, "run", "1", "-q"], cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the task is not done:\n{done.stdout}{done.stderr}")
    return root


def ten_tests() -> str:
    """Ten tests of the counter, each on a process of its own."""
    tests = [
        f"def test_{n}(module):\n    process = module.spawn()\n    process.send('Inc', Amount='{n}')\n"
        f"    assert process.send('Get').data == '{n}'\n"
        for n in range(1, TEN_TESTS + 1)
    ]
    return "\n\n".join(tests)


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
        root = finished(Path(folder))
        show("taskrunner run 1, finished, ten tests, cold", timed(lambda: command(root, "run", "1"), 5), "goal 1000 ms")
    node_start()
    show("embedded node in process, to its first answer", timed(node_start, 15), "goal 50 ms")
    show("Lua counter: schedule and compute, answers unsigned", messages(sign=False))
    show("Lua counter: schedule and compute, answers signed", messages(sign=True))


if __name__ == "__main__":
    main()
