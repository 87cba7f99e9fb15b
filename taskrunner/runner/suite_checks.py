"""A suite that does not run and is not to blame: ended from outside, held by a variable, without a package.

Each check tries the suite once more without what may be in its way, or looks at what the workspace itself asks for.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.case import Case, Experiment, Observation

if TYPE_CHECKING:
    from taskrunner.core.facts import SuiteReport
    from taskrunner.runner.context import Run

# What steers pytest from outside of the workspace.
VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
USAGE_ERROR = 4  # pytest's exit code where it does not understand how it was called
DECLARED = ("requirements*.txt", "requirements/*.txt", "pyproject.toml", "setup.cfg", "Pipfile", "environment.yml")


def killed_from_outside(run: Run, case: Case) -> Observation | None:
    """The suite's process was ended by a signal, and once more it ends by itself: somebody else ended it."""
    crash = case.report.crash if case.report else ""
    if not crash.startswith("signal"):
        return None
    again = _again(run, "killed")
    if again.crash:
        return None
    words = f"the suite's process was ended from outside ({crash}); run again, it came to its end"
    return _fault("ENV-FAULT", words, "see what ended it: a lack of memory, a time limit, a person; then run again")


def held_by_a_variable(run: Run, case: Case) -> Observation | None:
    """pytest does not start because of a variable of the environment, and does without it."""
    report = case.report
    named = [name for name in VARIABLES if os.environ.get(name)]
    if report is None or report.collected or not named or run.suite.suffix != ".py":
        return None
    again = _again(run, "variables", dict.fromkeys(named, ""))
    if not again.collected:
        return None
    words = (
        f"the environment's {' and '.join(f'{name}={os.environ[name]}' for name in named)} keeps pytest from running"
    )
    return _fault("ENV-FAULT", words, f"run `unset {' '.join(named)}`, then run again")


def package_missing(run: Run, case: Case) -> Observation | None:
    """An import fails whose package the workspace itself asks for: it was never installed."""
    failed = case.failed
    if failed is None or failed.error_type != "ModuleNotFoundError":
        return None
    missing = re.search(r"No module named '([^'.]+)", failed.message)
    name = missing[1] if missing else ""
    asks = next((path for path in _declarations(run.workspace.root) if _names(path, name)), None)
    if not name or asks is None:
        return None
    shown = run.shown(asks)
    words = f"the package {name} is not installed, and {shown} asks for it"
    return _fault("ENV-PACKAGE", words, f"run `pip install -r {shown}`" if asks.suffix == ".txt" else f"install {name}")


def _again(run: Run, name: str, env: dict[str, str] | None = None) -> SuiteReport:
    from taskrunner.runner.suites import run_suite

    number = run.notes.get("run") or run.journal.new_run()
    run.notes["run"] = number
    return run_suite(run, run.journal.run_dir(number) / name, env=env)


def _declarations(root: Path) -> list[Path]:
    return [path for pattern in DECLARED for path in sorted(root.glob(pattern)) if path.is_file()]


def _names(path: Path, package: str) -> bool:
    """Whether a file of requirements names a package, in any of its spellings."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return False
    spelled = re.escape(package).replace("_", "[-_.]")
    return re.search(rf"(?<![\w-]){spelled}(?![\w-])", text, re.IGNORECASE) is not None


def _fault(code: str, words: str, hint: str) -> Observation:
    return Observation(Experiment.SUITE, code, words, code, words, hint=hint)
