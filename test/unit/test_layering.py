"""The floors of the house: an import only points down, never to a room of the same floor, and low rooms stay pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors"}),
    frozenset({"core", "wire", "lua", "wasm"}),
    frozenset({"project", "modules", "node", "client"}),
    frozenset({"backends"}),
    frozenset({"suite", "agents", "report"}),
    frozenset({"runner"}),
    frozenset({"watch", "parallel", "deploy"}),
    frozenset({"cli", "mcp", "serve"}),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
THIRD_PARTY = {"core": set[str](), "lua": set[str](), "wire": {"cryptography"}, "wasm": {"wasmtime"}}


def imports(source: str, package: str = "taskrunner") -> Iterator[tuple[str, int]]:
    """Every module that a source imports, at any depth of nesting, with its line; relative imports made absolute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module, node.lineno
            if module == "taskrunner":
                yield from ((f"taskrunner.{alias.name}", node.lineno) for alias in node.names)


def faults(room: str, source: str, package: str) -> list[str]:
    """What a source of `room` imports although its floor forbids it."""
    found = []
    for module, line in imports(source, package):
        head, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        if head == "taskrunner" and target in FLOOR and target != room and FLOOR[target] >= FLOOR[room]:
            found.append(f"line {line}: {room} imports {target}, which is not below it")
        third_party = head != "taskrunner" and head not in sys.stdlib_module_names
        if third_party and room in THIRD_PARTY and head not in THIRD_PARTY[room]:
            found.append(f"line {line}: {room} imports {head}")
    return found


def modules(root: Path) -> list[tuple[str, Path]]:
    package = root / "taskrunner"
    found = [(path.relative_to(package).parts[0].removesuffix(".py"), path) for path in package.rglob("*.py")]
    return sorted((room, path) for room, path in found if not room.startswith("__"))


def package_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts if path.name == "__init__.py" else parts[:-1]).removesuffix(".__init__")


def test_every_room_has_a_floor(root: Path) -> None:
    assert {room for room, _ in modules(root)} <= set(FLOOR)


def test_imports_only_point_down(root: Path) -> None:
    found = {
        str(path.relative_to(root)): problems
        for room, path in modules(root)
        if (problems := faults(room, path.read_text(), package_of(path, root)))
    }
    assert not found


@pytest.mark.parametrize(
    ("room", "source", "fault"),
    [
        ("core", "import taskrunner.node", "line 1: core imports node, which is not below it"),
        ("node", "from taskrunner.client import HB", "line 1: node imports client, which is not below it"),
        ("node", "def f():\n    from ..client import HB", "line 2: node imports client, which is not below it"),
        ("lua", "from taskrunner import wire", "line 1: lua imports wire, which is not below it"),
        ("lua", "import lupa", "line 1: lua imports lupa"),
    ],
)
def test_the_test_sees_a_wrong_import(room: str, source: str, fault: str) -> None:
    assert faults(room, source, f"taskrunner.{room}") == [fault]


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("node", "from taskrunner.wire import Wallet\nfrom .store import Store\nimport json"),
        ("wire", "from cryptography.hazmat.primitives import hashes"),
        ("cli", "from taskrunner.runner import run_task"),
    ],
)
def test_the_test_lets_a_right_import_pass(room: str, source: str) -> None:
    assert not faults(room, source, f"taskrunner.{room}")
