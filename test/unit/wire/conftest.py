"""Small keys for the wire's tests: the code path is that of large ones."""

from __future__ import annotations

import pytest

from taskrunner.wire import Wallet


@pytest.fixture(scope="session")
def wallet() -> Wallet:
    return Wallet.generate(2048)


@pytest.fixture(scope="session")
def other_wallet() -> Wallet:
    return Wallet.generate(2048)
