"""Writes the documentation pages that follow from the code: settings, failure codes, the picture of the loop.

python tools/pages.py            writes them; a test fails where they are not as this script would write them
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "ENV": ("Environment", "The machine is in the way. No fix attempt is charged; it clears when the machine is well."),
    "MOD": ("Module", "The module must change."),
    "TEST": ("Test", "The suite must change."),
    "UNK": ("Unknown", "The evidence does not decide. Module files only may be changed."),
}


def settings() -> str:
    """docs/settings.md."""
    from taskrunner.project.settings import keys

    rows = [f"| `{key}` | `{_shown(value)}` | {doc} |" for key, value, doc in keys()]
    return SETTINGS.format(rows="\n".join(rows))


def failures() -> str:
    """docs/failures.md."""
    from taskrunner.core.codes import CODES

    lines = [
        "# Failure codes",
        "",
        "Every code has a page: the problem, how we know, the fix, an example. `taskrunner explain CODE` shows it.",
        "",
        "```console",
        "$ taskrunner explain MOD-LUA-NO-COMPUTE",
        "```",
    ]
    for prefix, (title, sentence) in KINDS.items():
        found = [code for code in CODES.values() if code.name.startswith(f"{prefix}-")]
        rows = [f"| [{c.name}](../taskrunner/docs/failures/{c.name}.md) | {c.title} | {c.hint} |" for c in found]
        lines += ["", f"## {title}", "", sentence, "", "| code | the failure is | next |", "|---|---|---|", *rows]
    return "\n".join([*lines, ""])


def loop() -> str:
    """docs/loop.md with its generated part written anew."""
    from taskrunner.core.diagram import update

    return update((ROOT / "docs" / "loop.md").read_text(encoding="utf-8"))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value in ("", ()) else str(value)


SETTINGS = """# Settings

In `taskrunner.toml`, or under `[tool.taskrunner]` in `pyproject.toml` (not both). A group is a table: `[rules]`
with `step_back = 3`. An environment variable wins over the file: `TASKRUNNER_RULES_STEP_BACK=5`. An unknown key is
an error that names its place and the nearest key. A limit changes only by a person's setting, and is journalled.

| key | default | meaning |
|---|---|---|
{rows}

```console
$ taskrunner config
```

shows every setting and where it comes from.
"""

PAGES = {"settings.md": settings, "failures.md": failures, "loop.md": loop}


def main() -> int:
    for name, make in PAGES.items():
        (ROOT / "docs" / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
