"""A workspace with a counter, a node over TCP, and an upload service that keeps what it gets."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.backends.http import NodeServer
from taskrunner.node import Node
from taskrunner.project import Workspace, init_workspace
from taskrunner.wire import Wallet

COUNTER = """
local count = 0
function compute(base, req, opts)
  local action = req.body.action
  if action == "Inc" then count = count + 1 end
  if action == "Fail" then error("boom") end
  base.results = { outbox = { ["1"] = { target = "x", data = tostring(count) } }, output = { data = "" } }
  return base
end
"""


class Uploads(http.server.ThreadingHTTPServer):
    """Keeps bodies in `kept`; `status` and `told` are what it answers (None: the item's own id is not told)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: list[bytes] = []
        self.status = 200
        self.told: dict[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/tx"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Uploads

    def do_POST(self) -> None:
        self.server.kept.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.told or {}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def wallet() -> Wallet:
    return Wallet.generate(4096)


@pytest.fixture(scope="session")
def node(wallet: Wallet) -> Iterator[NodeServer]:
    with NodeServer(Node(Wallet.generate(2048))) as server:
        yield server


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    server = Uploads()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    init_workspace(tmp_path / "w")
    (tmp_path / "w" / "custom_lua" / "counter.lua").write_text(COUNTER)
    return Workspace(tmp_path / "w")
