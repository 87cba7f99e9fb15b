"""Builds a workspace on disk from a world and one break, and says what the judge should find.

A break is a function that changes files of a finished, good workspace. `cases()` is the whole corpus.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpus.worlds import World


@dataclass
class Built:
    """A workspace on disk, before it is broken.

    `env` is what the case's process gets besides its own environment, `clock_jump` by how many seconds its wall clock
    moves during a suite. `own_node` asks for a node in a process of its own, and names the file with its pid.
    """

    root: Path
    world: World
    env: dict[str, str] = field(default_factory=dict)
    clock_jump: float = 0.0
    own_node: Path | None = None

    @property
    def module(self) -> Path:
        return self.root / module_file(self.world)

    @property
    def suite(self) -> Path:
        return self.root / (self.world.suite_file or f"test/test_{self.world.name}_module.py")

    @property
    def settings(self) -> Path:
        return self.root / "taskrunner.toml"

    def replace(self, path: Path, old: str, new: str, count: int = 1) -> None:
        """Change a text that must be there: a break that breaks nothing is a mistake of the corpus."""
        text = path.read_text()
        assert old in text, f"{old!r} is not in {path.name}"
        path.write_text(text.replace(old, new, count))

    def program(self, name: str, script: str) -> None:
        """Put a program first on PATH."""
        folder = self.root / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        self.env["PATH"] = f"{folder}:/usr/bin:/bin"


Break = Callable[[Built], None]


@dataclass(frozen=True)
class Case:
    """One workspace of the corpus: what is broken where, and what is right to say about it."""

    cls: str
    name: str
    world: World
    apply: Break
    codes: tuple[str, ...] = ()
    own_suite: bool = True

    @property
    def id(self) -> str:
        return f"{self.cls}-{self.name}-{self.world.name}"


def build(case: Case, root: Path) -> Built:
    """The broken workspace."""
    world = case.world
    built = Built(root, world)
    for path in (built.module, built.suite):
        path.parent.mkdir(parents=True, exist_ok=True)
    (root / "plan.md").write_text(world.plan)
    task = {"id": 1, "name": world.name, "type": world.kind, "status": "pending", "files": [module_file(world)]}
    (root / "tasks.json").write_text(json.dumps({"tasks": [task]}, indent=2))
    if world.kind == "module-wasm":
        write_crate(built)
    built.module.write_text(world.module)
    if case.own_suite:
        built.suite.write_text(world.suite)
        for name, text in world.files:
            (root / name).write_text(text)
    if world.suite_file.endswith(".js"):
        (root / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    case.apply(built)
    return built


def write_crate(built: Built) -> None:
    """The files of a crate around lib.rs, as `run` writes them."""
    from taskrunner.modules.rust import scaffold
    from taskrunner.project import parse_plan

    module = parse_plan(built.world.plan, "plan.md").modules[0]
    for name, text in scaffold(module, source=module_file(built.world)).items():
        (built.root / name).parent.mkdir(parents=True, exist_ok=True)
        (built.root / name).write_text(text)


def module_file(world: World) -> str:
    """Where a world's module lies, relative to its workspace."""
    return world.module_file or f"custom_lua/{world.name}.lua"


def cases() -> list[Case]:
    """The corpus, in a fixed order."""
    from corpus import (
        fresh,
        machine_breaks,
        module_breaks,
        test_breaks,
        third,
        unseen,
        unseen_machines,
        unseen_modules,
        unseen_tests,
    )

    found: list[Case] = []
    for source in (
        *(machine_breaks, module_breaks, test_breaks, unseen),
        *(unseen_machines, unseen_modules, unseen_tests, fresh, third),
    ):
        found.extend(source.cases())
    assert len({case.id for case in found}) == len(found)
    return found


def spread(cls: str, rows: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]], own: bool) -> Iterator[Case]:
    """Each break on each of its worlds."""
    for name, apply, codes, worlds in rows:
        for world in worlds:
            yield Case(cls, name, world, apply, codes, own)
