"""Rust tasks through the real loop: a machine without a toolchain, and crates that are really broken.

The toolchain is taken away by an empty PATH and folders that hold stand-ins. The crates are compiled by the real one;
where a machine has none, those tests are skipped with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus.run import keep_wallets, lend_wallets
from corpus.worlds import COUNTER

from taskrunner.modules import rust
from taskrunner.modules.rust import discovery
from taskrunner.project import Workspace
from taskrunner.runner import RunOutcome, run_task, state_of

SOURCE = "custom_wasm/counter/src/lib.rs"


def wasm_workspace(root: Path) -> Workspace:
    root.mkdir(parents=True)
    (root / "plan.md").write_text(COUNTER.plan.replace("module-lua", "module-wasm"))
    task = {"id": 1, "name": "Counter", "type": "module-wasm", "status": "pending", "files": [SOURCE]}
    (root / "tasks.json").write_text(json.dumps({"tasks": [task]}))
    return Workspace(root)


def take(workspace: Workspace) -> RunOutcome:
    lend_wallets(workspace.root)
    outcome = run_task(workspace, 1)
    keep_wallets(workspace.root)
    return outcome


# -- a machine that cannot build


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def compiler(machine: Path) -> None:
    program(machine / "bin", "rustc", 'echo "rustc 1.99.0 (x)"')
    program(machine / "bin", "cargo", "true")


def library(machine: Path) -> None:
    core = machine / "lib" / "rustlib" / "src" / "rust" / "library" / "core" / "src"
    core.mkdir(parents=True)
    (core / "lib.rs").touch()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with nothing on it but what a test puts there."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path / "rustup"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(discovery, "_folders", lambda: iter([tmp_path / "bin"]))
    discovery.discover.cache_clear()
    yield tmp_path
    discovery.discover.cache_clear()


@pytest.mark.parametrize(
    ("there", "codes"),
    [((), ("ENV-TOOLCHAIN", "ENV-RUST")), ((compiler,), ("ENV-RUST-SRC",)), ((compiler, library), ("ENV-LINKER",))],
)
def test_what_a_machine_lacks_is_its_own_fault(
    machine: Path, there: tuple[object, ...], codes: tuple[str, ...]
) -> None:
    for put in there:
        put(machine)  # type: ignore[operator]
    workspace = wasm_workspace(machine / "w")
    outcome = take(workspace)
    assert outcome.exit_code == 4 and outcome.failure is not None
    assert outcome.failure["class"] == "environment" and outcome.failure["code"] in codes
    assert outcome.failure["hint"] and outcome.brief is not None
    state = state_of(workspace, 1)
    assert (state.charged, state.iteration) == (0, 0)
    assert outcome.brief["json"]["may_change"] == []


# -- crates that are broken


@pytest.fixture(scope="module")
def real_toolchain() -> None:
    discovery.discover.cache_clear()
    if not rust.toolchain().ready:
        pytest.skip("SKIPPED LOUDLY: this machine has no Rust that builds wasm64, so no crate can be broken")


def broken(root: Path, old: str, new: str) -> RunOutcome:
    """The skeleton's crate with one text replaced, taken through the loop."""
    workspace = wasm_workspace(root)
    for name, text in rust.scaffold(workspace.check(workspace.task(1), workspace.plan()), source=SOURCE).items():
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    source = workspace.root / SOURCE
    text = source.read_text()
    assert old in text, text
    source.write_text(text.replace(old, new, 1))
    return take(workspace)


INC = 'Err(Problem::new("not implemented: ", "Inc"))'
COPIES = """
#[target_feature(enable = "bulk-memory")]
unsafe fn copies(from: *const u8, to: *mut u8, length: usize) {
    core::ptr::copy_nonoverlapping(from, to, length);
}
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (INC, "let x: i64 = true; " + INC, ("MOD-RUST-E0308",)),
        (INC, "core::arch::wasm64::unreachable()", ("MOD-WASM-TRAP",)),
        (INC, "loop { core::hint::black_box(0); }", ("MOD-WASM-FUEL", "MOD-WASM-TIMEOUT", "MOD-TIME-LIMIT")),
    ],
    ids=["does not compile", "traps", "does not end"],
)
@pytest.mark.usefixtures("real_toolchain")
def test_a_crate_that_is_broken(tmp_path: Path, old: str, new: str, codes: tuple[str, ...]) -> None:
    outcome = broken(tmp_path / "w", old, new)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert outcome.failure["class"] == "module" and outcome.failure["code"] in codes, outcome.failure
