"""A node in this process, a client for it, and the few words that its tests say again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.wire import Wallet

sys.path.insert(0, str(Path(__file__).parent))

COUNTER = """
local n = 0
function compute(base, req, opts)
  if req.body.action == "Inc" then n = n + 1 end
  base.results = { outbox = { ["1"] = { target = "x", Data = tostring(n) } }, output = { data = tostring(n) } }
  return base
end
"""


@pytest.fixture(scope="session")
def wallet() -> Wallet:
    return Wallet.generate(2048)


@pytest.fixture
def hbeam(wallet: Wallet) -> Iterator[HyperBEAM]:
    with HyperBEAM(jwk=wallet, dialect="2025-06") as hbeam:
        yield hbeam


@pytest.fixture
def hb(hbeam: HyperBEAM) -> HB:
    return hbeam.hb


@pytest.fixture
def spawn(hb: HB) -> Callable[..., str]:
    """Spawns a process of a Lua source; its id."""

    def spawn(source: str = COUNTER, **tags: Any) -> str:
        return str(hb.spawn_lua(hb.cache_script(source), tags)["pid"])

    return spawn


@pytest.fixture
def fails(hb: HB) -> Callable[..., NodeError]:
    """Asks for a path that must fail; the error."""

    def fails(path: str) -> NodeError:
        with pytest.raises(NodeError) as caught:
            hb.get_text(path)
        return caught.value

    return fails
