"""The traps that WAMR accepts and a process trips over later."""

from __future__ import annotations

from collections.abc import Callable

from taskrunner.wasm import check

Framed = Callable[..., bytes]


def codes(image: bytes, profile: str = "wamr-2.2") -> dict[str, str]:
    return {one.code: one.severity for one in check(image, profile).findings}


def test_a_good_module_has_only_its_global_to_blame(framed: Framed) -> None:
    assert codes(framed()) == {"MOD-WASM-GLOBAL": "warning"}


def test_memory_beyond_the_first_page_is_out_of_reach(framed: Framed) -> None:
    assert codes(framed(pages=4))["MOD-WASM-REACH"] == "warning"
    assert codes(framed('(data (i64.const 70000) "x")', pages=4))["MOD-WASM-REACH"] == "error"
    assert codes(framed("(global (mut i64) (i64.const 131072))", pages=4))["MOD-WASM-REACH"] == "error"
    assert "MOD-WASM-REACH" not in codes(framed('(func (export "s") (result i64) (memory.size))', pages=4))


def test_growth_is_lost_and_needs_the_right_free(assemble: Callable[[str], bytes]) -> None:
    text = """(module (memory (export "memory") i64 {memory})
      (func (export "malloc") (param i64) (result i64) (memory.grow (i64.const 1)))
      (func (export "free") (param i64) {free})
      (func (export "handle") (param i64 i64) (result i64) (i64.const 0)))"""
    good = codes(assemble(text.format(memory="1", free="")))
    assert good == {"MOD-WASM-GROWTH": "warning"}
    wrong = "(result i64) (i64.const 0)"
    assert codes(assemble(text.format(memory="1", free=wrong)))["MOD-WASM-FREE"] == "error"
    assert codes(assemble(text.format(memory="1 9", free=wrong)))["MOD-WASM-FREE"] == "warning"


def test_a_wrong_free_alone_is_a_warning(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (memory (export "memory") i64 1)
          (func (export "malloc") (param i64) (result i64) (i64.const 64))
          (func (export "free") (param i64) (result i64) (i64.const 0))
          (func (export "handle") (param i64 i64) (result i64) (i64.const 0)))"""
    )
    found = next(one for one in check(image).findings if one.code == "MOD-WASM-FREE")
    assert found.severity == "warning"
    assert "free is (i64) -> (i64)" in found.message


def test_missing_exports_and_memory(assemble: Callable[[str], bytes]) -> None:
    image = assemble('(module (memory i64 1) (func (export "handle") (param i64 i64) (result i64) (i64.const 0)))')
    found = {one.code: one for one in check(image).findings}
    assert found["MOD-WASM-NO-EXPORT"].severity == "error"
    assert "malloc" in found["MOD-WASM-NO-EXPORT"].message and "handle" not in found["MOD-WASM-NO-EXPORT"].message
    assert "cdylib" in found["MOD-WASM-NO-EXPORT"].hint
    assert found["MOD-WASM-NO-MEMORY"].severity == "error"


def test_a_32_bit_module_is_named(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (memory (export "memory") 1) (func (export "malloc") (param i32) (result i32) (i32.const 9))
          (func (export "free") (param i32)) (func (export "handle") (param i32 i32) (result i32) (i32.const 0)))"""
    )
    assert codes(image) == {"MOD-WASM-32BIT": "warning"}


def test_wrong_signatures(framed: Framed, assemble: Callable[[str], bytes]) -> None:
    text = """(module (memory (export "memory") i64 1) (func (export "malloc") (param i64) (result i64) (i64.const 9))
      (func (export "free") (param i64)) (func (export "handle") {type}))"""
    none = next(one for one in check(assemble(text.format(type="(param i64 i64)"))).findings)
    assert (none.code, none.severity) == ("MOD-WASM-SIGNATURE", "error")
    narrow = next(
        one for one in check(assemble(text.format(type="(param i32 i32) (result i32) (i32.const 0)"))).findings
    )
    assert (narrow.code, narrow.severity) == ("MOD-WASM-SIGNATURE", "warning")


def test_unknown_imports_answer_zero(assemble: Callable[[str], bytes]) -> None:
    found = check(assemble('(module (import "env" "now" (func)))')).findings
    assert [one.message for one in found if one.code == "MOD-WASM-IMPORT"] == [
        "imported function env.now: HyperBEAM does not have it and answers 0"
    ]


def test_imported_globals_do_not_start(assemble: Callable[[str], bytes]) -> None:
    verdict = check(assemble('(module (import "env" "g" (global i32)))'), "wamr-2.2")
    assert verdict.verdict == "reject-instantiate"
    assert verdict.findings[0].code == "MOD-WASM-IMPORTS"
    assert "import functions only" in verdict.findings[0].hint


def test_an_endless_panic_is_a_warning(framed: Framed) -> None:
    image = framed('(func $panic (export "p") (loop (br 0)))')
    found = next(one for one in check(image).findings if one.code == "MOD-WASM-LOOP")
    assert (found.severity, found.function) == ("warning", "panic")


def test_reference_types_are_explained_in_rust_terms(battery_image: Callable[[str], bytes]) -> None:
    verdict = check(battery_image("bulk_declarative_elem"))
    assert verdict.text == "WASM module load failed: zero byte expected"
    assert "-reference-types" in verdict.findings[0].hint


def test_bulk_memory_is_reported_once_for_each_function(framed: Framed) -> None:
    copy = "(memory.copy (i64.const 0) (i64.const 1) (i64.const 2))"
    verdict = check(framed(f'(func $a (export "a") {copy} {copy}) (func $b (export "b") {copy})'))
    found = [one for one in verdict.findings if one.code == "MOD-WASM-BULK-MEMORY"]
    assert [one.function for one in found] == ["a", "b"]
    assert verdict.verdict == "reject-portable"
    assert verdict.to_json()["findings"][0]["offset"] == found[0].offset


def test_a_start_function_is_run(framed: Framed) -> None:
    trapping = check(framed("(func $s (unreachable)) (start $s)"))
    assert trapping.verdict == "reject-instantiate"
    assert trapping.text == (
        "wasm_instance_new_with_args_ex failed: WASM module instantiate failed: Exception: unreachable"
    )
    assert check(framed("(func $s) (start $s)")).accepted


def test_an_endless_start_function_is_stopped(framed: Framed) -> None:
    from taskrunner.wasm import Limits

    verdict = check(framed("(func $s (loop (br 0))) (start $s)"), limits=Limits(seconds=0.2))
    assert "MOD-WASM-TIMEOUT" in {one.code for one in verdict.errors}
