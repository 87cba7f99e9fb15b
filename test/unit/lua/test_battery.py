"""The measured battery, case by case, with a report for each category; and that no chunk of it is in the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskrunner.errors import InputError
from taskrunner.lua.battery import is_same, read_cases, run_battery, run_chunk
from taskrunner.lua.limits import Limits

SMALL = Limits(steps=1_500_000, seconds=5.0, memory=1 << 28, string=1 << 26)
ENDLESS = ("timeout", "killed")


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((shared / "lua" / "luerl-1.3-cases.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def report(cases: list[dict[str, Any]]) -> dict[str, Any]:
    return run_battery(cases, SMALL)


def kind(case: dict[str, Any]) -> str:
    return "ok" if case["luerl"]["ok"] else str(case["luerl"]["kind"])


def show(report: dict[str, Any]) -> str:
    lines = [f"{name}: {count['same']}/{count['total']}" for name, count in report["by_category"].items()]
    lines += [f"{miss['id']}: {miss['expected']} != {miss['got']}" for miss in report["misses"]]
    return "\n".join(lines)


def test_values_and_error_texts_are_the_same(cases: list[dict[str, Any]], report: dict[str, Any]) -> None:
    answered = {case["id"] for case in cases if kind(case) in ("ok", "lua", "compile")}
    missed = [miss["id"] for miss in report["misses"] if miss["id"] in answered]
    assert len(missed) <= len(answered) * 0.005, show(report)


def test_every_crash_ends_the_call_and_names_the_reason(cases: list[dict[str, Any]], report: dict[str, Any]) -> None:
    crashing = {case["id"] for case in cases if kind(case) in ("erlang_crash", "compile_crash")}
    assert crashing and not crashing & {miss["id"] for miss in report["misses"]}, show(report)


def test_what_did_not_come_back_ends_in_a_limit(cases: list[dict[str, Any]], report: dict[str, Any]) -> None:
    endless = [case["id"] for case in cases if kind(case) in ENDLESS]
    assert endless
    assert {case: report["outcomes"][case]["kind"] for case in endless} == dict.fromkeys(endless, "limit")


def test_every_remaining_miss_is_explained(report: dict[str, Any], root: Path) -> None:
    page = (root / "docs" / "lua.md").read_text(encoding="utf-8")
    assert [miss["id"] for miss in report["misses"] if f"`{miss['id']}`" not in page] == [], show(report)


def test_no_chunk_of_the_battery_is_in_the_package(cases: list[dict[str, Any]], root: Path) -> None:
    package = "\n".join(path.read_text(encoding="utf-8") for path in (root / "taskrunner").rglob("*.py"))
    long = [case["chunk"] for case in cases if len(case["chunk"]) >= 25]
    assert len(long) > 1000
    assert [chunk for chunk in long if chunk in package] == []


def test_the_report_counts_and_lists(tmp_path: Path) -> None:
    cases = [
        {"id": "a", "category": "x", "chunk": "return 1", "luerl": {"ok": True, "values": ["1"]}},
        {"id": "b", "category": "x", "chunk": "return 1", "luerl": {"ok": True, "values": ["2"]}},
        {"id": "c", "category": "y", "chunk": "print(1)"},
    ]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases), encoding="utf-8")
    report = run_battery(read_cases(file.read_bytes(), str(file)))
    assert (report["total"], report["same"]) == (2, 1)
    assert report["by_category"] == {"x": {"total": 2, "same": 1}}
    assert [miss["id"] for miss in report["misses"]] == ["b"]
    assert report["outcomes"]["c"] == {"ok": True, "values": [], "printed": '"1 \\n"'}


@pytest.mark.parametrize("text", [b"{", b"{}", b"[1]", b'[{"id": "a"}]'])
def test_a_file_that_is_no_battery(text: bytes) -> None:
    with pytest.raises(InputError):
        read_cases(text, "x.json")


def test_outcomes_of_every_kind() -> None:
    kinds = {
        "return 1 +": "compile",
        "error('x')": "lua",
        "return math.sqrt(-4)": "erlang_crash",
        "goto x": "compile_crash",
        "while true do end": "limit",
        "os.exit()": "fidelity",
    }
    assert {chunk: run_chunk(chunk.encode(), SMALL)["kind"] for chunk in kinds} == kinds


def test_what_counts_as_the_same() -> None:
    one = {"ok": True, "values": ["1"]}
    assert is_same(one, {"ok": True, "values": ["1"]}) and not is_same(one, {"ok": True, "values": ["1.0"]})
    assert not is_same(one, {"ok": True, "values": ["1"], "printed": '"x"'})
    assert not is_same(one, {"ok": False, "kind": "lua", "error": "x"})
    crash = {"ok": False, "kind": "erlang_crash", "error": "{error,badarg} in {a,b,1}"}
    assert is_same(crash, {"ok": False, "kind": "erlang_crash", "error": "{error,badarg} in {c,d,2}"})
    assert not is_same(crash, {"ok": False, "kind": "erlang_crash", "error": "{error,badarith} in {a,b,1}"})
    assert is_same({"ok": False, "kind": "killed", "error": ""}, {"ok": False, "kind": "limit", "error": "steps"})
    assert not is_same({"ok": False, "kind": "lua", "error": "a"}, {"ok": False, "kind": "lua", "error": "b"})
