"""Fixtures that all tests share: where the specifications and measurements lie."""

from __future__ import annotations

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
