"""BUILD: what can be said about a module before it runs. For Lua the static check, for Rust the compiler.

Gives a fault (an error's JSON) or None; warnings are shown, journalled and kept as suspects for the judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.runner.contents import content_hash

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def build(run: Run) -> dict[str, Any] | None:
    """The first fault of the module or of a locked suite, None if the suite may run; once for the same content."""
    content, known = run.notes.get("built", ("", None))
    if content == content_hash(run):
        return dict(known) if known else None
    fault = build_anew(run)
    if fault is None or str(fault["code"]).startswith("MOD-"):
        run.notes["built"] = (content_hash(run), fault)
    return fault


def build_anew(run: Run) -> dict[str, Any] | None:
    """Check or compile, whatever was done before."""
    if not run.source.exists():
        return {
            "code": "MOD-MISSING",
            "message": f"{run.shown(run.source)} does not exist",
            "file": run.shown(run.source),
        }
    if run.is_wasm:
        from taskrunner.runner.wasm_modules import build as build_wasm

        return build_wasm(run) or changed_lock(run)
    return check_lua(run) or changed_lock(run)


def check_lua(run: Run) -> dict[str, Any] | None:
    """The first error of the static check; warnings go to `run.notes["suspects"]`."""
    from taskrunner.modules import aos, lua

    check = aos.check if run.is_aos else lua.check
    findings = check(run.source.read_bytes(), run.shown(run.source))
    for finding in findings:
        run.emit({"event": "check.finding", **finding.to_json()})
    run.notes["suspects"] = [finding.to_json() for finding in findings if finding.severity != "error"]
    first = next((finding for finding in findings if finding.severity == "error"), None)
    return None if first is None else {**first.to_json(), "line": first.line or None, "column": first.column or None}


def changed_lock(run: Run) -> dict[str, Any] | None:
    """A locked suite that was changed: refused, and shown as a diff. `taskrunner unlock` is a person's act."""
    suites = () if run.owns_suite else [suite for suite in run.suites if suite.exists()]
    changed = next((suite for suite in suites if not run.lock.check(suite).held), None)
    if changed is None:
        return None
    state, name = run.lock.check(changed), run.shown(changed)
    message = f"{name} is locked (it was written from the approved plan) and was changed"
    return {
        "code": "TEST-LOCKED",
        "message": message,
        "file": name,
        "hint": f"put it back (`taskrunner restore {run.task.id}`), or allow it: `taskrunner unlock {run.task.id}`",
        "facts": {"diff": getattr(state, "diff", "")},
    }
