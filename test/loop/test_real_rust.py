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
    monkeypatch.setenv("TASKRUNNER_RUST_PATH", str(tmp_path / "bin"))
    discovery.discover.cache_clear()
    yield tmp_path
    discovery.discover.cache_clear()


@pytest.mark.parametrize(
    ("there", "codes"),
    [((), ("ENV-TOOLCHAIN",)), ((compiler,), ("ENV-RUST-SRC",)), ((compiler, library), ("ENV-LINKER",))],
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
    return take(crate(root, {old: new}))


def crate(root: Path, changes: dict[str, str]) -> Workspace:
    """A workspace with the skeleton's crate, some of its texts replaced."""
    workspace = wasm_workspace(root)
    for name, text in rust.scaffold(workspace.check(workspace.task(1), workspace.plan()), source=SOURCE).items():
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    source = workspace.root / SOURCE
    text = source.read_text()
    for old, new in changes.items():
        assert old in text, text
        text = text.replace(old, new, 1)
    source.write_text(text)
    return workspace


INC, DEC, GET = (f'Err(Problem::new("not implemented: ", "{name}"))' for name in ("Inc", "Dec", "Get"))
ANSWER = "reply.answer_int(state.count);\n    Ok(())"
GOOD = {
    INC: f"state.count += amount;\n    {ANSWER}",
    DEC: f"state.count = core::cmp::max(0, state.count - amount);\n    {ANSWER}",
    GET: ANSWER,
}


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


def change(workspace: Workspace, name: str, old: str, new: str) -> None:
    path = workspace.root / "custom_wasm" / "counter" / name
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new, 1))


COPIES = """
#[target_feature(enable = "bulk-memory")]
#[no_mangle]
pub unsafe extern "C" fn copies(from: *const u8, to: *mut u8, length: usize) {
    core::ptr::copy_nonoverlapping(from, to, length);
}
"""
HANDLE = '#[no_mangle]\npub extern "C" fn handle('


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("src/host.rs", HANDLE, HANDLE.replace("#[no_mangle]\n", ""), "MOD-WASM-NO-EXPORT"),
        ("src/lib.rs", "mod host;", COPIES + "mod host;", "MOD-WASM-BULK-MEMORY"),
        ("Cargo.toml", '["cdylib"]', '["rlib"]', "MOD-RUST-CRATE-TYPE"),
        ("Cargo.toml", "[lib]", "[lib", "MOD-RUST-CARGO"),
    ],
)
@pytest.mark.usefixtures("real_toolchain")
def test_an_image_that_production_refuses(tmp_path: Path, name: str, old: str, new: str, code: str) -> None:
    workspace = crate(tmp_path / "w", GOOD)
    change(workspace, name, old, new)
    outcome = take(workspace)
    assert outcome.failure is not None
    assert (outcome.failure["class"], outcome.failure["code"]) == ("module", code), outcome.failure


@pytest.mark.usefixtures("real_toolchain")
def test_a_crate_that_forgets(tmp_path: Path) -> None:
    forgets = "reply.answer_int(state.count + amount);\n    Ok(())"
    outcome = take(crate(tmp_path / "w", {**GOOD, INC: forgets}))
    assert outcome.failure is not None and outcome.failure["class"] == "module"
    assert outcome.failure["code"] in ("MOD-STATE-LOST", "MOD-WRONG-REPLY"), outcome.failure


@pytest.mark.usefixtures("real_toolchain")
def test_a_crate_whose_answers_change_is_found_by_replaying(tmp_path: Path) -> None:
    """The reply depends on the message's id, which no two messages share."""
    by_chance = 'reply.answer_int(message.field("Id").bytes().map(|byte| byte as i64).sum());\n    Ok(())'
    outcome = take(crate(tmp_path / "w", {**GOOD, GET: by_chance}))
    assert outcome.failure is not None
    assert (outcome.failure["class"], outcome.failure["code"]) == ("module", "MOD-NONDETERMINISM"), outcome.failure
    shown = [each for each in outcome.failure["evidence"] if each["experiment"] == "replay"]
    assert shown and "then" in shown[0]["detail"]


@pytest.mark.usefixtures("real_toolchain")
def test_a_flaky_suite_of_a_crate_is_the_suites_fault(tmp_path: Path) -> None:
    workspace = crate(tmp_path / "w", GOOD)
    suite = workspace.root / "test" / "test_counter_module.py"
    suite.parent.mkdir()
    text = COUNTER.suite.replace("custom_lua/counter.lua", SOURCE)
    flaky = "    import random\n    assert process.send('Inc').data == str(random.randrange(10, 10**9))\n"
    suite.write_text(text + f"\n\ndef test_by_chance(process):\n{flaky}")
    outcome = take(workspace)
    assert outcome.failure is not None and outcome.failure["class"] == "test", outcome.failure


@pytest.mark.usefixtures("real_toolchain")
def test_a_suite_of_a_crate_that_contradicts_the_plan(tmp_path: Path) -> None:
    workspace = crate(tmp_path / "w", GOOD)
    suite = workspace.root / "test" / "test_counter_module.py"
    suite.parent.mkdir()
    text = COUNTER.suite.replace("custom_lua/counter.lua", SOURCE)
    suite.write_text(text + "\n\ndef test_wrong(process):\n    assert process.send('Inc').data == '2'\n")
    outcome = take(workspace)
    assert outcome.failure is not None and outcome.failure["code"] == "TEST-CONTRADICTS-PLAN", outcome.failure


@pytest.mark.full
@pytest.mark.usefixtures("real_toolchain")
def test_survivors_of_a_crate_have_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from taskrunner.cli.mutate import command

    workspace = crate(tmp_path / "w", GOOD)
    suite = workspace.root / "test" / "test_counter_module.py"
    suite.parent.mkdir()
    suite.write_text(COUNTER.suite.replace("custom_lua/counter.lua", SOURCE))
    monkeypatch.chdir(workspace.root)
    told = json.loads(CliRunner().invoke(command, ["1", "--json"]).output)
    assert told["total"] > 10 and told["killed"] > 0
    source = (workspace.root / SOURCE).read_text().splitlines()
    assert all(each["file"] == SOURCE and 0 < each["line"] <= len(source) for each in told["survivors"])
    outcome = take(workspace)
    assert outcome.exit_code == 0, outcome.failure


@pytest.mark.full
@pytest.mark.usefixtures("real_toolchain")
def test_a_suite_task_of_a_crate_must_fail_on_its_skeleton(tmp_path: Path) -> None:
    workspace = crate(tmp_path / "w", GOOD)
    tasks = workspace.root / "tasks.json"
    name = "test/test_counter_module.py"
    whole = {"id": 1, "name": "Counter", "type": "module-test", "module": "counter", "files": [name]}
    tasks.write_text(json.dumps({"tasks": [{**whole, "status": "pending"}]}))
    suite = workspace.root / name
    suite.parent.mkdir()
    sends = "\n".join(
        f"    {'process = module.spawn()' if at == 0 else ''}\n    assert process.send({action!r}) is not None"
        for at, action in enumerate(("Inc", "Dec", "Get"))
    )
    suite.write_text(f"MODULE = {SOURCE!r}\n\n\ndef test_sends(module):\n{sends}\n")
    outcome = take(workspace)
    assert outcome.failure is not None and outcome.failure["class"] == "test"
