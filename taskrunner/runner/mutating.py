"""A survey of essential mutants on request: which faults of a module does its suite not notice. Writes no status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.project import Workspace


def mutate_task(workspace: Workspace, task_id: int | str) -> dict[str, Any]:
    """Try the essential mutants of a task's module: `{"killed", "total", "survivors": [{"file", "line", "name"}]}`.

    The survey is journalled. Raises InputError INPUT-MUTATE-MISSING (no module or suite).
    """
    from taskrunner.runner.context import Run
    from taskrunner.runner.mutation import essential_of, summary, try_mutants

    with Run(workspace, task_id, lambda event: None) as run:
        for path in (run.source, run.suite):
            if not path.exists():
                hint = f"`taskrunner run {run.task.id}` writes what is missing"
                raise InputError(f"{run.shown(path)} does not exist", code="INPUT-MUTATE-MISSING", hint=hint)
        number = run.journal.new_run()
        fates = try_mutants(run, essential_of(run), run.journal.run_dir(number) / "mutants")
        found = summary(fates, run.shown(run.source))
        run.note("mutants.survey", {**found, "run": number, "essential": True})
    return {name: found[name] for name in ("killed", "total", "survivors")}
