"""Fixtures that all tests share: where the specifications and measurements lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with the protocol, the batteries and the captures."""
    path = ROOT.parent / "shared"
    assert path.is_dir(), f"{path} is missing: the measurements that judge us lie there"
    return path


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Each test has an environment of its own: a command that is called in this process may choose a node for good."""
    before = {name: value for name, value in os.environ.items() if name.startswith("TASKRUNNER_")}
    yield
    for name in [name for name in os.environ if name.startswith("TASKRUNNER_") and name not in before]:
        del os.environ[name]
    os.environ.update(before)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run the long versions (make test-full)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long versions out unless asked for: deselected, not skipped, so that a skip stays a finding."""
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
