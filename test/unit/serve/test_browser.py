"""The page in a real browser: what is seen, the keys, that it is live, and that it fits a phone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from taskrunner.project import Journal, Workspace

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_the_page_in_a_browser(workspace: Workspace, root: Path, tmp_path: Path) -> None:
    assert CHROMIUM, "Chromium is missing: make test installs it where it may, and says so where it may not"
    assert (root / "node_modules" / "playwright-core").is_dir(), "playwright-core is missing: make test installs it"
    signal = tmp_path / "signal"
    command = [sys.executable, "-m", "taskrunner.serve", "--root", str(workspace.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[2]
            later = threading.Thread(target=finish_later, args=(workspace, signal), daemon=True)
            later.start()
            seen = look(root, url, tmp_path, signal)
        finally:
            server.terminate()
            server.wait(10)
    assert seen["problems"] == []
    assert seen["title"] == "story · taskrunner"
    assert "MOD-WRONG-REPLY" in seen["head"] and "expected 3, got 4" in seen["head"]
    assert (seen["now"], seen["here"], seen["tasks"], seen["live"]) == ("fix", "local wrong = 4", 3, 1)
    assert "The class is module." in seen["brief"]
    assert seen["code"] == "local <b>x</b> = 1", "text of modules stays text"
    assert "4 of 5 lines, 1 of 2 branches of custom_lua/counter.lua; never reached: 5" in seen["proof"]
    assert seen["marks"] == "1 MOD-WRONG-REPLY"
    assert seen["second"].startswith("Prove the Lua counter")
    assert seen["focused"] == "brief-box"
    assert "fix" in seen["later"] and "done" in seen["later"]
    assert seen["overflow"] <= 0
    assert (tmp_path / "phone.png").stat().st_size > 10_000


def look(root: Path, url: str, folder: Path, signal: Path) -> dict[str, object]:
    """Run the browser's script from the checkout, where its package is."""
    command = ["node", str(HERE / "browser.mjs"), url, str(folder), str(signal)]
    env = {**os.environ, "CHROMIUM": str(CHROMIUM)}
    ended = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def finish_later(workspace: Workspace, signal: Path) -> None:
    """When the browser says so, the journal goes on as a run would write it."""
    while not signal.exists():
        time.sleep(0.05)
    with Journal(workspace) as journal:
        for kind, data in (
            ("fixed", {"content": "c2", "by": "person"}),
            ("built", {}),
            ("passed", {}),
            ("passed", {"tests": 10, "assertions": 20}),
            ("proved", {"verdict": "done", "content": "c2", "tests": 10, "assertions": 20}),
        ):
            journal.append(1, kind, data)
