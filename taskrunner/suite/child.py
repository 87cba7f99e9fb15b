"""What a forked child does: one pytest session over one suite file, its report written as JSON lines.

Everything that could make two runs differ is fixed here: plugins, cache, working directory, options from files.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

import pytest

from taskrunner.suite import plugin
from taskrunner.suite.asserting import Asserted, count_other_assertions
from taskrunner.suite.forks import FAILED
from taskrunner.suite.gate import Gate, LateFile, Order
from taskrunner.suite.recorder import Recorder, changed, writer
from taskrunner.suite.session import Options


def perform(run: dict[str, Any], news: int, go: int | None = None) -> int:
    """Run the suite of a request (see `running.request_of`); pytest's exit code.

    `news` is a pipe that hears of the first failure. With `go`, another pipe, everything is made ready first, and the
    run begins when a line comes out of it (see `gate`).
    """
    root = Path(run["root"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(root)
    os.environ.update(run["env"])
    sys.dont_write_bytecode = False
    sys.pycache_prefix = run["pycache"]  # rewritten assertions count themselves: never mixed with a user's own cache
    report = LateFile()
    write, asserted = writer(report, run.pop("key"), lambda: os.write(news, FAILED)), Asserted()
    recorder = Recorder(write, root, asserted, run["reads"], bool(run.get("backwards")))
    count_other_assertions(asserted)
    order = Order(run, recorder)
    plugins: list[Any] = [recorder, Handover(_options(run)), order]
    if go is None:
        report.open(run["report"])
    else:
        plugins.append(Gate(run, report, order, go, news))
    code = int(pytest.main(arguments(run), plugins=plugins))
    if changed(recorder):
        write("changed")
    write("finish", exit_code=code)
    return code


def _options(run: dict[str, Any]) -> Options:
    return Options(
        Path(run["root"]),
        source=Path(run["source"]) if run["source"] else None,
        bits=run["bits"],
        dialect=run["dialect"],
        coverage=run["coverage"],
        run_dir=Path(run["report"]).parent,
    )


class Handover:
    """Gives the session's options to the fixtures."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.OPTIONS] = self.options


def arguments(run: dict[str, Any]) -> list[str]:
    """What pytest is called with."""
    suite = run["suite"]
    targets = [suite] if run["only"] is None else [f"{suite}::{test}" for test in run["only"]]
    fixed = ["-p", "no:cacheprovider", "-o", "enable_assertion_pass_hook=true", "-o", "addopts=", "--color=no", "-q"]
    fixed += ["-s", f"--confcutdir={run['root']}"]  # what a test prints is kept, even if its process dies
    fixed += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what was imported early holds no tests
    if run["again"]:
        fixed.append("--tb=native")  # nobody reads these words, and pytest's own take a fifth of a red run
    if run["alone"]:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        fixed += ["-p", "taskrunner.suite.plugin", "--noconftest"]
    if run["stop_at_first"]:
        fixed.append("-x")
    return [f"--rootdir={run['root']}", "-c", run["config"], *fixed, *targets]
