"""Suites of HyperAOS scripts: a process of the boot that has evaluated the script, in both flavours."""

from __future__ import annotations

import ast

from taskrunner.core.plan import Action, Plan, PlanModule
from taskrunner.runner.script_mutants import script_mutants
from taskrunner.suite import generate

MODULE = PlanModule(name="purse", type="aos", actions=(Action("Get", (), "", "the count"),))
PLAN = Plan(title="Purse", modules=(MODULE,))


def test_the_pytest_suite_names_script_and_type() -> None:
    text = generate(MODULE, PLAN, "pytest")
    ast.parse(text)
    assert 'MODULE = "src/purse.lua"\nTYPE = "aos"\n' in text


def test_the_node_suite_spawns_with_the_boot_and_evaluates_the_script() -> None:
    text = generate(MODULE, PLAN, "node")
    assert 'new URL("../src/purse.lua", import.meta.url), "utf8")' in text
    assert "await hb.spawnLua()" in text
    assert 'hb.scheduleLua({ pid, action: "Eval", data: source })' in text
    assert "cacheScript" not in text


def test_essential_mutants_of_a_script() -> None:
    found = script_mutants("x = 1", remembers=True, numeric=["Get"])
    assert [name for name, _, _ in found] == ["empty", "constant", "forgets", "off-by-one-Get"]
    assert "Handlers.add" not in found[0][2]
    assert all("x = 1" in source for _, _, source in found[1:])
    assert [name for name, _, _ in script_mutants("", remembers=False, numeric=[])] == ["empty", "constant"]
