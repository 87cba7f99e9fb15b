"""`poll.mjs`: the clock with which WAO waits for its node runs finer at first, and no other clock does."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import taskrunner.suite

POLL = Path(taskrunner.suite.__file__).parent / "js" / "poll.mjs"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")
# asks for 400 ms: how often in all, how many at a time, and how often after it was cleared
CLOCK = """
let asked = 0, now = 0, most = 0, late = 0, over = false
const ask = async word => {
  if (over) { late += 1; return }
  asked += word === "word" ? 1 : 0
  most = Math.max(most, ++now)
  await new Promise(done => setTimeout(done, 40))
  now -= 1
}
const clock = setInterval(ask, PERIOD, "word")
await new Promise(done => setTimeout(done, 400))
clearInterval(clock)
over = true
await new Promise(done => setTimeout(done, 200))
console.log(JSON.stringify({ asked, most, late }))
"""


def told(file: Path, period: int) -> dict[str, int]:
    file.parent.mkdir(parents=True)
    (file.parent / "package.json").write_text('{"type": "module"}')
    file.write_text(CLOCK.replace("PERIOD", str(period)))
    done = subprocess.run([str(NODE), "--import", str(POLL), str(file)], capture_output=True, text=True, check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_waos_clock_asks_earlier_but_never_twice_at_a_time(tmp_path: Path) -> None:
    found = told(tmp_path / "node_modules" / "wao" / "esm" / "hyperbeam.js", 1000)
    assert found["asked"] >= 2
    assert (found["most"], found["late"]) == (1, 0)


@pytest.mark.parametrize(("name", "period"), [("test/mine.js", 1000), ("node_modules/wao/esm/hyperbeam.js", 900)])
def test_other_clocks_are_as_they_were(tmp_path: Path, name: str, period: int) -> None:
    assert told(tmp_path / name, period) == {"asked": 0, "most": 0, "late": 0}
