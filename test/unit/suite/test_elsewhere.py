"""A test with an address of its own: told apart from a node that is gone, with real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.core.facts import SuiteReport
from taskrunner.suite import SuiteRun, prepare, run
from taskrunner.suite.elsewhere import CODE, asked_elsewhere
from taskrunner.suite.warm import Warm


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with prepare() as started:
        yield started


@pytest.fixture
def closed() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def report_of(root: Path, warm: Warm, text: str) -> SuiteReport:
    (root / "tasks.json").write_text('{"tasks": []}')
    (root / "test_it.py").write_text(text)
    return run(SuiteRun(root, root / "test_it.py", root / "run"), warm)


ASKS = {
    "our client": "from taskrunner import HB\ndef ask(port): HB(url=f'http://127.0.0.1:{port}').get_text('/x')\n",
    "httpx": "import httpx\ndef ask(port): httpx.get(f'http://127.0.0.1:{port}/x')\n",
    "urllib": "from urllib.request import urlopen\ndef ask(port): urlopen(f'http://127.0.0.1:{port}/x')\n",
    "socket": "import socket\ndef ask(port): socket.create_connection(('127.0.0.1', port))\n",
}


@pytest.mark.parametrize("client", ASKS)
@pytest.mark.parametrize("fixture", ["", "hb", "hbeam"])
def test_an_address_of_the_tests_own(tmp_path: Path, warm: Warm, closed: int, client: str, fixture: str) -> None:
    use = {"": "", "hb": "    hb.get_text('/~meta@1.0/info/address')\n", "hbeam": "    assert hbeam.url\n"}[fixture]
    text = f"{ASKS[client]}def test_a({fixture}):\n{use}    ask({closed})\n"
    (failed,) = report_of(tmp_path, warm, text).failed
    assert failed.node_failure is not None
    assert failed.node_failure["code"] == CODE, failed
    if client in ("our client", "httpx"):
        assert str(closed) in failed.node_failure["message"]


def test_a_node_that_the_test_ended_is_not_elsewhere(tmp_path: Path, warm: Warm) -> None:
    text = "import httpx\ndef test_a(hbeam):\n    url = hbeam.url\n    hbeam.kill()\n    httpx.get(url)\n"
    (failed,) = report_of(tmp_path, warm, text).failed
    assert failed.node_failure is None and failed.error_type == "ConnectError"


def test_other_errors_are_not_about_addresses() -> None:
    assert asked_elsewhere(None, None) is None
    assert asked_elsewhere(ValueError("no"), None) is None
    try:
        raise RuntimeError("outer") from ConnectionRefusedError(111, "Connection refused")
    except RuntimeError as error:
        found = asked_elsewhere(error, None)
    assert found is not None and found["code"] == CODE
