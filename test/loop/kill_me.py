"""One scripted run in a process of its own, for tests that end it at a named moment: `python kill_me.py WORKSPACE`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    from scripted import scripted

    from taskrunner.project import Workspace
    from taskrunner.runner import run_task

    with scripted():
        sys.exit(run_task(Workspace(Path(sys.argv[1])), 1).exit_code)
