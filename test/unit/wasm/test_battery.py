"""The measured battery: WAMR's verdict and words for each module, and what hb_beamr answered to each call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskrunner.wasm import Instance, Limits, WasmError, check

# where wasmtime cannot be WAMR: its stack is larger, and what WAMR leaves in a missing argument is garbage (WASM.md §3)
DEEPER = {"recursion_500", "recursion_1000"}
GARBAGE = {"handle_three_param"}
LOST = {"eh_legacy_rethrow"}  # WAMR loses the value of an exception thrown again: a bug not to copy (WASM.md §1)
ROOMY = Limits(seconds=0.5, memory_bytes=20 << 30)


def _expected_text(measured: dict[str, Any]) -> str | None:
    return measured["loader_text"] or measured["instantiate_text"]


def test_every_verdict_is_wamrs(battery: dict[str, Any], battery_image: Callable[[str], bytes]) -> None:
    wrong = {}
    for name, case in battery.items():
        measured = case["wamr"]["verdict"].replace("accept-then-timeout", "accept").partition("(")[0]
        verdict = check(battery_image(name), "wamr-2.2", limits=ROOMY)
        if verdict.verdict != measured:
            wrong[name] = (measured, verdict.verdict)
    assert wrong == {}
    assert len(battery) > 100


def test_every_text_is_wamrs(battery: dict[str, Any], battery_image: Callable[[str], bytes]) -> None:
    wrong = {}
    for name, case in battery.items():
        expected = _expected_text(case["wamr"])
        text = check(battery_image(name), "wamr-2.2", limits=ROOMY).text
        if text != expected and not case["wamr"]["verdict"].startswith("crash"):
            wrong[name] = (expected, text)
    assert wrong == {}


def test_every_instance_has_the_size_that_hb_beamr_sees(
    battery: dict[str, Any], battery_image: Callable[[str], bytes]
) -> None:
    wrong, seen = {}, 0
    for name, case in battery.items():
        out = case["hb_beamr"]["out"]
        if out and out[0].startswith("size "):
            seen += 1
            with Instance.start(battery_image(name), limits=ROOMY, cache=None) as instance:
                if out[0] != f"size {{ok,{instance.memory.size}}}":
                    wrong[name] = (out[0], instance.memory.size)
    assert wrong == {}
    assert seen > 90


def test_every_call_answers_as_hb_beamr_did(battery: dict[str, Any], battery_image: Callable[[str], bytes]) -> None:
    wrong, seen = {}, 0
    for name, case in battery.items():
        lines = [line for line in case["hb_beamr"]["out"] if line.startswith(("call ", "size "))]
        if not lines or name in DEEPER | GARBAGE | LOST:
            continue
        with Instance.start(battery_image(name), limits=ROOMY, cache=None) as instance:
            for call, line in zip(case["calls"], lines[1:], strict=False):
                seen += 1
                if _shown(_answer(instance, call)) != _shown(line.split(" -> ")[-1].removeprefix("size ")):
                    wrong[name, call] = (line, _answer(instance, call))
    assert wrong == {}
    assert seen > 250


def _answer(instance: Instance, call: str) -> str:
    name, *arguments = call.split(",")
    if name == "size":
        return f"{{ok,{instance.memory.size}}}"
    try:
        results = instance.call(name, [int(one) for one in arguments])
    except WasmError as error:
        return f'{{error,"{error.message}",#{{}}}}'
    return f"{{ok,[{','.join(map(str, results))}],#{{}}}}"


def _shown(line: str) -> str:
    """Erlang prints a list of small numbers as text and floats with a point: bring both to one form."""
    body = line.removesuffix(",#{}}")
    if body.startswith('{ok,"'):
        escapes = {"\\t": 9, "\\v": 11, "\\b": 8}
        text = body[5:-1]
        codes = [escapes[text]] if text in escapes else [ord(char) if char != "\ufffd" else 200 for char in text]
        return f"{{ok,[{','.join(map(str, codes))}]"
    return body.replace(".0e", "e")


def test_a_module_that_kills_the_node_is_a_crash(battery_image: Callable[[str], bytes]) -> None:
    verdict = check(battery_image("eh_tag_export"), "wamr-2.2")
    assert (verdict.verdict, verdict.accepted) == ("crash", False)
    assert verdict.findings[0].code == "MOD-WASM-CRASH"


@pytest.mark.parametrize("profile", ["portable", "wamr-2.2"])
def test_bulk_memory_divides_the_profiles(profile: str, battery_image: Callable[[str], bytes]) -> None:
    verdict = check(battery_image("memory_copy_in_uncalled"), profile)
    assert verdict.accepted is (profile == "wamr-2.2")
    if profile == "portable":
        assert verdict.text is not None and "memory.copy in function" in verdict.text
        assert verdict.findings[0].offset is not None
        assert "copy_from_slice" in verdict.findings[0].hint


def test_compiled_code_is_found_again(tmp_path: Path, battery_image: Callable[[str], bytes]) -> None:
    from taskrunner.wasm import program

    image = battery_image("data_active")
    with Instance.start(image, cache=tmp_path) as instance:
        first = instance.call("t")
    kept = sorted(path.suffix for path in tmp_path.iterdir())
    program._programs.clear()
    with Instance.start(image, cache=tmp_path) as instance:
        assert instance.call("t") == first
    assert kept == [".code", ".json"]
