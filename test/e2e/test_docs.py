"""Every command in the documentation works: those in `console` blocks are run, options in other blocks exist."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
TASKRUNNER = Path(sys.executable).with_name("taskrunner")
SERVES = ("watch", "serve", "mcp", "node start")  # they end when they are told to
NOT_OURS = ("pip", "$EDITOR", "git", "make", "python", "npm", "cargo", "cd")
AGENTS = ("claude", "codex", "gemini", "aider", "opencode")
pytestmark = pytest.mark.timeout(300)


def commands(page: Path, kinds: tuple[str, ...]) -> Iterator[str]:
    """The commands of a page's blocks: lines that begin with `$ `, or all lines of a shell block."""
    for kind, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if kind not in kinds:
            continue
        for line in text.splitlines():
            if kind == "console" and not line.startswith("$ "):
                continue
            command = line.removeprefix("$ ").partition("  #")[0].strip()
            yield from (part.strip() for part in command.split(" && ") if part.strip())


RUN = [page for page in PAGES if any("taskrunner" in line for line in commands(page, ("console",)))]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to type in, with a stand-in for each coding agent that does what a good one would."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in AGENTS:
        script = programs / name
        script.write_text(f"#!/bin/sh\ncat > /dev/null\ncp {ROOT}/test/demo/counter.lua custom_lua/counter.lua\n")
        script.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_every_command_of_a_page_works(page: Path, place: Path) -> None:
    typed = list(commands(page, ("console",)))
    folder = place
    if not any(line.startswith("taskrunner init") for line in typed):
        assert run(["taskrunner", "init", "counter"], folder, place) == 0
        folder = place / "counter"
        shutil.copy(ROOT / "test" / "demo" / "counter.lua", folder / "custom_lua" / "counter.lua")
    for line in typed:
        words = shlex.split(line)
        if words[0] == "cd":
            folder = folder / words[1]
        elif words[0] == "taskrunner":
            assert run(words, folder, place) in (0, 1), f"{page.name}: {line}"
        else:
            assert words[0] in NOT_OURS, f"{page.name}: nobody knows {words[0]!r}"


def run(words: list[str], folder: Path, place: Path) -> int:
    """Type a command; one that serves is ended after a moment, which counts as success."""
    serves = " ".join(words[1:]).startswith(SERVES)
    env = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(
        [TASKRUNNER, *words[1:]], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            code = process.wait(3 if serves else 200)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            code = process.wait(15)
            assert serves, f"{words} does not end"
            assert code in (0, 143, -15), code
            return 0
    if words[1] == "doctor" and code == 4:
        return 0  # it says what this machine lacks
    return code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"taskrunner ([a-z]+)((?: [a-z]+)?)((?: --[a-z-]+)*)", " ".join(commands(page, ("sh",))) + text)
    for command, sub, _ in named:
        if (
            command in ("is", "itself", "writes", "reads", "that", "says", "changes", "takes", "run")
            or command in COMMANDS
        ):
            continue
        assert not re.search(rf"[`$] ?taskrunner {command}{sub}", text), f"{page.name}: taskrunner {command}"


def test_every_page_is_found_from_the_readme() -> None:
    linked = set(re.findall(r"\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text()))
    assert linked == {page.name for page in PAGES if page.parent.name == "docs"}


def test_generated_pages_are_as_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "pages.py")
    assert spec is not None and spec.loader is not None
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    for name, make in pages.PAGES.items():
        assert (ROOT / "docs" / name).read_text() == make(), f"docs/{name} is old: run tools/pages.py"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
