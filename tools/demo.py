"""The demo: takes one task of the demo workspace from its plan to done, in a fresh copy under .demo/.

python tools/demo.py lua      the Lua counter, with a wrong fix and a right one replayed from test/demo/replay
python tools/demo.py wasm     the same counter in Rust
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("tasks.json", "plan.md")
FOLDERS = ("custom_lua", "custom_wasm", "test")
DEMOS = {"lua": ("1", "replay"), "wasm": ("3", "replay-wasm")}


def main(name: str) -> int:
    task, replay = DEMOS[name]
    copy = ROOT / ".demo" / name
    shutil.rmtree(copy, ignore_errors=True)
    for folder in FOLDERS:
        (copy / folder).mkdir(parents=True)
    for file in COPIED:
        shutil.copy(ROOT / file, copy / file)
    changes = ROOT / "test" / "demo" / replay
    command = [Path(sys.executable).with_name("taskrunner"), "run", task, "--replay", changes]
    print(f"$ cd .demo/{name} && taskrunner run {task} --replay {changes.relative_to(ROOT)}\n", flush=True)
    code = subprocess.run(command, cwd=copy, check=False).returncode
    status = next(
        each["status"] for each in json.loads((copy / "tasks.json").read_text())["tasks"] if str(each["id"]) == task
    )
    print(f"\n.demo/{name}/tasks.json says that task {task} is {status!r}. Look around there, or read plan.md.")
    return code if code or status == "done" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
