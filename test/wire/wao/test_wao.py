"""Starts the embedded node over TCP and drives the unmodified npm client against it (client.test.mjs)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from taskrunner.backends.http import NodeServer
from taskrunner.node import Node
from taskrunner.wire import Wallet

HERE = Path(__file__).parent


@pytest.mark.npm
@pytest.mark.timeout(120)
def test_the_real_client_speaks_with_our_node(root: Path, shared: Path, tmp_path: Path) -> None:
    wallet = Wallet.generate(2048)
    with NodeServer(Node(wallet)) as server:
        env = {
            **os.environ,
            "NODE_URL": server.url,
            "NODE_ADDRESS": wallet.address,
            "JWK": str(_jwk(shared, tmp_path)),
        }
        reporter = root / "taskrunner" / "suite" / "js" / "reporter.mjs"
        report = tmp_path / "report.jsonl"
        command = ["node", f"--test-reporter={reporter}", f"--test-reporter-destination={report}"]
        ended = subprocess.run(
            [*command, HERE / "client.test.mjs"], cwd=root, env=env, capture_output=True, text=True, timeout=110
        )
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    tests = [line for line in lines if "test" in line]
    failed = {line["test"]: line["error"]["message"] for line in tests if line["outcome"] != "passed"}
    assert not failed, json.dumps(failed, indent=2)
    assert len(tests) >= 27, ended.stderr
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _jwk(shared: Path, tmp_path: Path) -> Path:
    """The test key of the vectors, as a plain JWK file."""
    found = json.loads((shared / "protocol" / "vectors" / "test-jwk.json").read_text())
    path = tmp_path / "jwk.json"
    path.write_text(json.dumps(found.get("jwk", found)))
    return path
