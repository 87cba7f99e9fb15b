"""The fixtures of a module's suite: `hbeam`, `hb`, `module`, `wallet`; pytest loads this wherever taskrunner is.

Inert and cheap unless a fixture is used: it imports nothing of ours at import time, so that other suites pay nothing.

    def test_counts(module):
        process = module.spawn()
        assert process.send("Inc").data == "1"
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from taskrunner.suite.handles import Module, TestWallet
    from taskrunner.suite.session import Options, Session

OPTIONS: pytest.StashKey[Options] = pytest.StashKey()
SESSION: pytest.StashKey[Session] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "example(name): the test states the plan example of that name")


def session_of(config: pytest.Config) -> Session:
    """The session behind the fixtures, made when the first of them is used."""
    if SESSION not in config.stash:
        from taskrunner.suite.session import Session, options_from_environment

        options = config.stash.get(OPTIONS, None) or options_from_environment(workspace_root(config))
        config.stash[SESSION] = Session(options)
    return config.stash[SESSION]


def workspace_root(config: pytest.Config) -> Path:
    """The workspace around the folder where pytest was started."""
    from taskrunner.project import Workspace

    return Workspace.find(Path(config.invocation_params.dir)).root


def pytest_unconfigure(config: pytest.Config) -> None:
    if SESSION in config.stash:
        config.stash[SESSION].close()


@pytest.fixture(scope="session")
def hbeam(request: pytest.FixtureRequest) -> Any:
    """The node of this run (`.hb .url .jwk .kill()`), fresh and empty."""
    return session_of(request.config).hbeam


@pytest.fixture
def hb(request: pytest.FixtureRequest) -> Any:
    """The client that signs with the default wallet."""
    return session_of(request.config).client()


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Module:
    """The module under test: the file that the suite names in `MODULE`, or that its own name points to."""
    session = session_of(request.config)
    path = getattr(request.module, "MODULE", None) or _module_path(Path(request.module.__file__), session.options.root)
    return session.module(path, getattr(request.module, "TYPE", ""))


@pytest.fixture
def wallet(request: pytest.FixtureRequest) -> Any:
    """`wallet()` is the default wallet, `wallet("bob")` another one; each has an `.address`."""

    def get(name: str = "me") -> TestWallet:
        return session_of(request.config).wallet(name)

    return get


def _module_path(suite: Path, root: Path) -> str:
    name = suite.stem.removeprefix("test_").removesuffix("_module")
    for folder in ("custom_lua", "custom-lua"):
        if (root / folder / f"{name}.lua").exists():
            return f"{folder}/{name}.lua"
    raise pytest.UsageError(f'{suite.name} names no module: add MODULE = "custom_lua/NAME.lua"')
