"""The plugin that pytest loads wherever taskrunner is: cheap, and silent until one of its fixtures is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def test_importing_it_imports_nothing_of_ours() -> None:
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport taskrunner.suite.plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    ours = {"taskrunner", "taskrunner.suite", "taskrunner.suite.plugin", "taskrunner.core", "taskrunner.core.facts"}
    assert set(done.stdout.split()) - ours - {"taskrunner.core.plan", "enum", "hashlib"} == set(), done.stderr


def test_it_is_registered_and_its_marker_is_known(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin("taskrunner")
    assert any(line.startswith("example(name)") for line in pytestconfig.getini("markers"))


def test_a_suite_that_uses_no_fixture_starts_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n"
        "def test_a(request):\n"
        "    from taskrunner.suite.plugin import SESSION\n"
        "    assert SESSION not in request.config.stash\n"
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_fixtures_are_described(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["hbeam*", "hb *", "module*", "wallet*"])


def test_a_suite_outside_a_workspace_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(module): pass\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no workspace here*"])


def test_a_suite_that_names_no_module_says_so(pytester: pytest.Pytester) -> None:
    (pytester.path / "tasks.json").write_text('{"tasks": []}')
    pytester.makepyfile(test_ghost_module="def test_a(module): pass\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*names no module: add MODULE = "custom_lua/NAME.lua"*'])


@pytest.mark.parametrize("folder", ["custom_lua", "custom-lua"])
def test_the_module_follows_from_the_suites_name(pytester: pytest.Pytester, folder: str) -> None:
    source: Path = pytester.path / folder / "counter.lua"
    source.parent.mkdir()
    source.write_text("x = 1")
    (pytester.path / "tasks.json").write_text('{"tasks": []}')
    pytester.makepyfile(
        test_counter_module="def test_a(module): assert (module.name, module.kind, module.source) == "
        "('counter', 'lua', b'x = 1')\n"
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.parametrize("package", ["taskrunner.suite", "taskrunner.modules.lua", "taskrunner.report"])
def test_no_module_hides_a_function_of_its_package(package: str) -> None:
    """Importing `package.name` replaces the attribute `name`; a function of that name would be gone."""
    from importlib import import_module
    from pkgutil import iter_modules

    facade = import_module(package)
    assert {module.name for module in iter_modules(facade.__path__)} & set(facade.__all__) == set()
