"""Where the workspace is, that no path leaves it, and which module a task is about."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from taskrunner.core.plan import PlanModule, Task
from taskrunner.errors import InputError
from taskrunner.project import Workspace


@pytest.mark.parametrize("marker", ["tasks.json", "plan.md", "taskrunner.toml"])
def test_found_from_any_sub_folder(tmp_path: Path, marker: str) -> None:
    (tmp_path / "custom-lua").mkdir()
    (tmp_path / marker).touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert Workspace.find(deep).root == tmp_path


def test_a_pyproject_counts_only_with_our_table(tmp_path: Path) -> None:
    (tmp_path / "tasks.json").touch()
    inner = tmp_path / "crate"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert Workspace.find(inner).root == tmp_path
    (inner / "pyproject.toml").write_text("[tool.taskrunner.rules]\nstep_back = 4\n")
    assert Workspace.find(inner).root == inner


def test_a_plan_in_docs_does_not_hide_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "tasks.json").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "plan.md").touch()
    assert Workspace.find(tmp_path / "docs").root == tmp_path


def test_a_stray_plan_makes_a_workspace_only_where_one_stands(tmp_path: Path) -> None:
    (tmp_path / "plan.md").touch()
    (tmp_path / "sub").mkdir()
    assert Workspace.find(tmp_path).root == tmp_path
    with pytest.raises(InputError, match="no workspace here"):
        Workspace.find(tmp_path / "sub")


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Workspace.find(tmp_path)
    assert caught.value.code == "INPUT-WORKSPACE-NONE"
    assert "taskrunner init" in caught.value.hint


@pytest.mark.parametrize("text", ["../x", "a/../../x", "/etc/passwd", "a/../..", "out/x", "out", "deep/out/x"])
def test_no_path_leaves(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (workspace.root / "out").symlink_to(outside)
    (workspace.root / "deep").mkdir()
    (workspace.root / "deep" / "out").symlink_to("../out")
    with pytest.raises(InputError) as caught:
        workspace.resolve(text)
    assert caught.value.code == "INPUT-PATH-OUTSIDE"


@pytest.mark.parametrize("text", ["", " ", "a\0b", "loop", "loop/x"])
def test_no_path_at_all(workspace: Workspace, text: str) -> None:
    (workspace.root / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        workspace.resolve(text)
    assert caught.value.code == "INPUT-PATH-BAD"


@pytest.mark.parametrize("text", ["a", "a/../b", "./a", "in/x", "..a", "custom_lua/größe.lua"])
def test_paths_inside(workspace: Workspace, text: str) -> None:
    (workspace.root / "real").mkdir()
    (workspace.root / "in").symlink_to("real")
    assert workspace.resolve(text) == Path(os.path.normpath(workspace.root / text))


def test_a_state_folder_that_leaves_is_refused(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> None:
    (workspace.root / ".taskrunner").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(InputError, match="leads out of the workspace"):
        workspace.state("runs")


def test_git_never_sees_the_state_folder(workspace: Workspace) -> None:
    workspace.state("runs")
    assert (workspace.root / ".taskrunner" / ".gitignore").read_text() == "*\n"


def test_the_plan_is_read_again_when_it_changes(workspace: Workspace) -> None:
    first = workspace.plan()
    assert workspace.plan() is first
    (workspace.root / "plan.md").write_text("## Modules\n### other (lua)\n")
    assert [module.name for module in workspace.plan().modules] == ["other"]
    (workspace.root / "plan.md").unlink()
    with pytest.raises(InputError) as caught:
        workspace.plan()
    assert caught.value.code == "INPUT-PLAN-MISSING"


LUA = Task(1, "n", "module-lua")
WASM = Task(1, "n", "module-wasm")
TEST = Task(1, "n", "module-test")


@pytest.mark.parametrize(
    ("task", "name", "kind"),
    [
        (replace(LUA, files=("custom_lua/counter.lua",)), "counter", "module-lua"),
        (replace(LUA, files=("custom-lua/counter.lua",)), "counter", "module-lua"),
        (replace(LUA, files=("README.md", "custom-lua/sub/counter.lua")), "counter", "module-lua"),
        (replace(LUA, module="counter"), "counter", "module-lua"),
        (replace(LUA, module="to-ken", files=("custom_lua/counter.lua",)), "to_ken", "module-lua"),
        (replace(WASM, files=("custom_wasm/counter/src/lib.rs",)), "counter", "module-wasm"),
        (replace(WASM, files=("custom_wasm/to_ken/Cargo.toml",)), "to_ken", "module-wasm"),
        (replace(WASM, files=("custom-wasm/src/lib.rs",)), "fast", "module-wasm"),
        (WASM, "fast", "module-wasm"),
        (replace(TEST, files=("test/test_counter_module.py",)), "counter", "module-lua"),
        (replace(TEST, files=("test/counter-module.test.js",)), "counter", "module-lua"),
        (replace(TEST, files=("test/to-ken-module.test.mjs",)), "to_ken", "module-lua"),
        (replace(TEST, module="fast"), "fast", "module-wasm"),
    ],
)
def test_the_module_of_a_task(workspace: Workspace, task: Task, name: str, kind: str) -> None:
    sections = "### counter (lua)\n### to_ken (lua)\n### fast (wasm)\n"
    (workspace.root / "plan.md").write_text(f"## Modules\n{sections}")
    (workspace.root / "tasks.json").write_text(json.dumps({"tasks": [{"id": 1}]}))
    module = workspace.module_of(task)
    assert (module.name, module.type) == (name, kind)


def write_task(workspace: Workspace, fields: str) -> InputError:
    (workspace.root / "tasks.json").write_text('{"tasks": [\n {"id": 1, ' + fields + "}\n]}")
    with pytest.raises(InputError) as caught:
        workspace.check(workspace.task(1), workspace.plan())
    error = caught.value
    assert (error.file, error.line) == ("tasks.json", 2)
    assert error.hint
    return error


@pytest.mark.parametrize(
    ("fields", "code", "column", "says"),
    [
        ('"type": "module-luau"', "TASK-TYPE", 20, "the type 'module-luau', which `run` does not take"),
        ('"type": "frontend"', "TASK-TYPE", 20, "which `run` does not take"),
        ('"name": "x"', "TASK-TYPE", 2, "has no type"),
        ('"type": "module-lua", "files": ["a", "../x"]', "PATH-OUTSIDE", 49, "../x leaves the workspace"),
        ('"type": "module-lua", "files": ["/x"]', "PATH-OUTSIDE", 44, "/x leaves the workspace"),
        ('"type": "module-lua", "files": ["out/x"]', "PATH-OUTSIDE", 44, "through a link"),
        ('"type": "module-lua", "files": ["custom-lua/{name}.lua"]', "TASK-FILE", 44, "still holds a placeholder"),
        ('"type": "module-lua", "module": "tokn"', "TASK-MODULE", 44, "'tokn', which plan.md does not have"),
        ('"type": "module-lua", "files": ["custom_lua/tokn.lua"]', "TASK-MODULE", 44, "nearest: token"),
        ('"type": "module-lua"', "TASK-MODULE", 2, "does not say which module it builds"),
    ],
)
def test_a_task_that_cannot_run(workspace: Workspace, fields: str, code: str, column: int, says: str) -> None:
    (workspace.root / "out").symlink_to("/")
    (workspace.root / "plan.md").write_text("## Modules\n### counter (lua)\n### token (lua)\n")
    error = write_task(workspace, fields)
    assert (error.code, error.column) == (f"INPUT-{code}", column)
    assert says in error.message


def test_another_tasks_faults_do_not_stop_this_one(workspace: Workspace) -> None:
    fine = {"id": 1, "type": "module-lua", "files": ["custom_lua/counter.lua"]}
    other = {"id": 2, "type": "frontend", "files": ["../elsewhere"]}
    (workspace.root / "tasks.json").write_text(json.dumps({"tasks": [other, fine]}))
    assert workspace.check(workspace.task(1), workspace.plan()).name == "counter"


def test_a_plan_without_modules_leaves_the_module_to_the_task(workspace: Workspace) -> None:
    (workspace.root / "plan.md").write_text("# Plan: token\n\n## Overview\nA token.\n")
    (workspace.root / "tasks.json").write_text('{"tasks": [{"id": 1}]}')
    module = workspace.module_of(replace(LUA, files=("custom-lua/my-token.lua",)))
    assert module == PlanModule("my_token", "module-lua", source="custom-lua/my-token.lua")
    assert workspace.module_of(replace(TEST, files=("test/my-token-module.test.js",))).type == "module-lua"


@pytest.mark.parametrize(
    ("present", "module", "where"),
    [
        ((), PlanModule("a_b", "module-lua"), "custom_lua/a_b.lua"),
        (("custom-lua/x.lua",), PlanModule("a_b", "module-lua"), "custom-lua/a_b.lua"),
        (("custom-lua/a-b.lua", "custom_lua/x.lua"), PlanModule("a_b", "module-lua"), "custom-lua/a-b.lua"),
        ((), PlanModule("a_b", "module-wasm"), "custom_wasm/a_b/src/lib.rs"),
        (("custom-wasm/src/lib.rs",), PlanModule("a_b", "module-wasm"), "custom-wasm/src/lib.rs"),
        (("custom_wasm/a-b/src/lib.rs",), PlanModule("a_b", "module-wasm"), "custom_wasm/a-b/src/lib.rs"),
    ],
)
def test_where_a_source_lies(workspace: Workspace, present: tuple[str, ...], module: PlanModule, where: str) -> None:
    for name in present:
        (workspace.root / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / name).touch()
    assert workspace.shown(workspace.module_source(module)) == where


def test_a_listed_source_wins(workspace: Workspace) -> None:
    task = replace(WASM, files=("custom-wasm/Cargo.toml", "custom-wasm/src/help.rs", "custom-wasm/src/lib.rs"))
    assert workspace.shown(workspace.module_source(task)) == "custom-wasm/src/lib.rs"


@pytest.mark.parametrize(
    ("subject", "flavour", "where"),
    [
        (PlanModule("counter", "module-lua"), "pytest", "test/test_counter_module.py"),
        (PlanModule("counter", "module-wasm"), "pytest", "test/test_counter_wasm_module.py"),
        (PlanModule("my_token", "module-lua"), "node", "test/my-token-module.test.js"),
        (replace(LUA, files=("custom_lua/counter.lua",)), "node", "test/counter-module.test.js"),
        (replace(TEST, files=("test/mine.py",)), "pytest", "test/mine.py"),
        (replace(TEST, module="counter", files=("test/mine.py",)), "node", "test/counter-module.test.js"),
        (replace(TEST, files=("test/x-module.test.js",), module="counter"), "node", "test/x-module.test.js"),
    ],
)
def test_where_a_suite_lies(workspace: Workspace, subject: Task | PlanModule, flavour: str, where: str) -> None:
    assert workspace.shown(workspace.suite_path(subject, flavour)) == where
