"""`init` and `new`: what they write is a workspace, and what a user wrote stays byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskrunner.errors import InputError
from taskrunner.project import Workspace, add_module, init_workspace, parse_plan
from taskrunner.project.scaffold.insert import with_section

SECTION = "### new (module-lua)\nText.\n"


def test_init_makes_a_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    written = init_workspace(folder)
    assert sorted(written) == [
        ".gitignore",
        "custom_lua/.gitkeep",
        "custom_wasm/.gitkeep",
        "package.json",
        "plan.md",
        "tasks.json",
        "test/.gitkeep",
    ]
    workspace = Workspace.find(folder / "test")
    plan = workspace.plan()
    assert (plan.approved, plan.warnings) == (True, ())
    assert [workspace.check(task, plan).name for task in workspace.tasks()] == ["counter"] * 3
    assert {".taskrunner/", "*.wallet.json"} <= set((folder / ".gitignore").read_text().splitlines())
    package = json.loads((folder / "package.json").read_text())
    assert (package["type"], package["scripts"]["test"]) == ("module", "taskrunner node test")
    assert workspace.settings.suite == "pytest"


def test_init_for_javascript(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    assert "taskrunner.toml" in init_workspace(tmp_path, javascript=True)
    assert Workspace.find(tmp_path).settings.suite == "node"
    assert (tmp_path / "package.json").read_text() == "{}", "a package of the user's stays"


@pytest.mark.parametrize("name", ["tasks.json", "plan.md"])
def test_init_never_writes_over_a_workspace(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError) as caught:
        init_workspace(tmp_path)
    assert caught.value.code == "INPUT-INIT-EXISTS"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_init_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(InputError, match="is a file"):
        init_workspace(tmp_path / "x")


@pytest.mark.parametrize("before", ["", "mine", "mine\n*.wallet.json\n"])
def test_init_adds_to_a_gitignore(tmp_path: Path, before: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    init_workspace(tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[: len(before.splitlines())] == before.splitlines()
    assert lines.count("*.wallet.json") == 1
    assert ".taskrunner/" in lines


@pytest.mark.parametrize("kind", ["lua", "wasm"])
def test_new_adds_a_section_and_a_task(tmp_path: Path, kind: str) -> None:
    init_workspace(tmp_path)
    workspace = Workspace(tmp_path)
    assert add_module(workspace, "my-token", kind) == ["plan.md", "tasks.json"]
    task = workspace.tasks()[-1]
    source = {"lua": "custom_lua/my-token.lua", "wasm": "custom_wasm/my-token/src/lib.rs"}[kind]
    assert (task.id, task.type, task.files) == (4, f"module-{kind}", (source,))
    assert task.name == {"lua": "My token in Lua", "wasm": "My token in Rust"}[kind]
    module = workspace.check(task, workspace.plan())
    assert (module.name, module.type, len(module.actions), len(module.examples)) == ("my-token", task.type, 2, 2)
    assert workspace.plan().warnings == ()


def test_new_twice_is_refused_and_half_of_it_is_finished(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    workspace = Workspace(tmp_path)
    tasks = (tmp_path / "tasks.json").read_bytes()
    add_module(workspace, "token")
    with pytest.raises(InputError) as caught:
        add_module(workspace, "token")
    assert caught.value.code == "INPUT-MODULE-EXISTS"
    (tmp_path / "tasks.json").write_bytes(tasks)
    assert add_module(workspace, "token") == ["tasks.json"]


def test_new_in_an_empty_folder(tmp_path: Path) -> None:
    assert add_module(Workspace(tmp_path), "token") == ["plan.md", "tasks.json", "package.json"]
    workspace = Workspace.find(tmp_path)
    assert workspace.check(workspace.task(1), workspace.plan()).name == "token"


def test_new_keeps_waos_spelling(tmp_path: Path) -> None:
    (tmp_path / "custom-lua").mkdir()
    add_module(Workspace(tmp_path), "token")
    assert Workspace(tmp_path).task(1).files == ("custom-lua/token.lua",)


@pytest.mark.parametrize("name", ["", "Token", "1a", "a b", "a/b", "../a", "src", "ü", "a" * 65, "a\n"])
def test_a_modules_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        add_module(Workspace(tmp_path), name)
    assert caught.value.code == "INPUT-MODULE-NAME"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["plan.md", "tasks.json"])
def test_new_touches_nothing_when_a_file_is_broken(tmp_path: Path, broken: str) -> None:
    init_workspace(tmp_path)
    (tmp_path / broken).write_text("## Modules\n### no\n" if broken == "plan.md" else "{")
    before = {name: (tmp_path / name).read_bytes() for name in ("plan.md", "tasks.json")}
    with pytest.raises(InputError):
        add_module(Workspace(tmp_path), "token")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## Modules\n", "## Modules\n\n" + SECTION),
        ("## Modules", "## Modules\n\n" + SECTION),
        ("## Modules\n\n\n## Status: X\n", "## Modules\n\n" + SECTION + "\n\n## Status: X\n"),
        ("## Modules\n## Status: X\n", "## Modules\n\n" + SECTION + "\n## Status: X\n"),
        (
            "## Modules\n\n### a (lua)\n#### Actions\n|Action|\n|-|\n|A|\n\n## Edge Cases\n",
            "## Modules\n\n### a (lua)\n#### Actions\n|Action|\n|-|\n|A|\n\n" + SECTION + "\n## Edge Cases\n",
        ),
        (
            "# P\n\n## Overview\nx\n\n## Status: X\n",
            "# P\n\n## Overview\nx\n\n## Modules\n\n" + SECTION + "\n## Status: X\n",
        ),
        ("# P\r\n\r\n## Modules\r\n", "# P\r\n\r\n## Modules\r\n\r\n" + SECTION.replace("\n", "\r\n")),
        ("\ufeff## Modules\n", "\ufeff## Modules\n\n" + SECTION),
        ("```\n## Modules\n```\n", "```\n## Modules\n```\n\n## Modules\n\n" + SECTION),
    ],
)
def test_where_a_section_goes(before: str, after: str) -> None:
    assert with_section(before, SECTION) == after
    assert "new" in [module.name for module in parse_plan(after).modules]
