"""Settings: what a person may choose, each with its meaning; from pyproject.toml or taskrunner.toml, then environment.

Order, later wins: defaults, `[tool.taskrunner]` of pyproject.toml or the whole of taskrunner.toml (not both),
`TASKRUNNER_...` variables, flags (`Settings.having`). Nothing here acts; rooms read the values they are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from taskrunner.project import settings_read
from taskrunner.project.settings_read import has_settings

__all__ = ["Gate", "Limits", "Node", "Rules", "Settings", "has_settings", "keys", "load_settings"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When the loop changes its way (DESIGN, *The loop*); each limit is printed with its count."""

    step_back: int = field(default=3, metadata={"doc": "different fixes of one failure before stepping back", "min": 1})
    escalate: int = field(default=10, metadata={"doc": "iterations without progress before escalating", "min": 1})
    alternations: int = field(default=2, metadata={"doc": "A-B-A-B alternations before escalating", "min": 1})
    agent_iterations: int = field(
        default=0, metadata={"doc": "fixes by an agent before a person decides; 0: any number", "min": 0}
    )
    agent_minutes: float = field(
        default=0.0, metadata={"doc": "minutes of an agent before a person decides; 0: any number", "min": 0}
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much; times are seconds of wall clock."""

    suite_seconds: float = field(default=120.0, metadata={"doc": "one run of one suite", "min": 1})
    agent_seconds: float = field(default=1800.0, metadata={"doc": "one fix by the agent", "min": 1})
    build_seconds: float = field(default=600.0, metadata={"doc": "one compilation of a Rust module", "min": 1})
    memory_mb: int = field(default=1024, metadata={"doc": "resident memory of a suite, in MiB", "min": 64})
    agent_log_kb: int = field(
        default=4096, metadata={"doc": "what is kept of one agent run's output, in KiB", "min": 16}
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """What done needs beyond a green suite."""

    mutants: bool = field(default=False, metadata={"doc": "a user's own suite must kill the essential mutants too"})
    essential: bool = field(
        default=True, metadata={"doc": "generated suites and module-test tasks must kill the essential mutants"}
    )
    node: str = field(
        default="",
        metadata={
            "doc": "the suite must pass on this node too before done: hyperbeam, or empty",
            "in": ("", "hyperbeam"),
        },
    )
    locked: bool = field(default=True, metadata={"doc": "suites generated from an approved plan are locked"})


@dataclass(frozen=True, slots=True)
class Node:
    """Which node suites run on."""

    backend: str = field(
        default="embedded", metadata={"doc": "embedded, hyperbeam or remote", "in": ("embedded", "hyperbeam", "remote")}
    )
    url: str = field(default="", metadata={"doc": "address of a remote node"})
    path: str = field(default="", metadata={"doc": "HyperBEAM's folder; empty: CWD of .env.hyperbeam"})
    start_seconds: float = field(default=60.0, metadata={"doc": "until a real node must answer", "min": 1})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a workspace. Keys of a group are written `[rules] step_back = 3`, or `rules.step_back`."""

    dialect: str = field(
        default="current", metadata={"doc": "which node the embedded one equals", "in": ("current", "2025-06")}
    )
    suite: str = field(
        default="pytest", metadata={"doc": "which suites are written and run", "in": ("pytest", "node", "both")}
    )
    agent: tuple[str, ...] = field(
        default=(), metadata={"doc": "the agent's command as a list, or replay:DIR; empty: a person fixes"}
    )
    rules: Rules = Rules()
    limits: Limits = Limits()
    gate: Gate = Gate()
    node: Node = Node()
    source: str = field(default="", metadata={"internal": True})

    def having(self, flags: Mapping[str, Any], source: str = "from the command line") -> Settings:
        """These settings with dotted keys changed: `{"rules.step_back": 5}`; None leaves a key.

        Raises InputError INPUT-SETTINGS-KEY.
        """
        wrong = settings_read.outside_file(source)
        changed: Settings = self
        for key, value in flags.items():
            if value is not None:
                changed = settings_read.changed(changed, key, value, _KNOWN, wrong)
        return changed

    def to_json(self) -> dict[str, Any]:
        """Every key with its value, groups as objects."""
        shown: dict[str, Any] = {}
        for key, value, _ in keys(self):
            group, _, name = key.rpartition(".")
            place = shown.setdefault(group, {}) if group else shown
            place[name] = list(value) if isinstance(value, tuple) else value
        return shown


def keys(settings: Settings | None = None) -> list[tuple[str, Any, str]]:
    """Every key in dotted form with its value and its meaning; for `config`, docs and the nearest key of a typo."""
    found = []
    for outer in fields(Settings):
        value = getattr(settings or Settings(), outer.name)
        if outer.metadata.get("internal"):
            continue
        if "doc" in outer.metadata:
            found.append((outer.name, value, outer.metadata["doc"]))
            continue
        found += [(f"{outer.name}.{f.name}", getattr(value, f.name), f.metadata["doc"]) for f in fields(value)]
    return found


_KNOWN = [key for key, _, _ in keys()]


def load_settings(folder: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the workspace at `folder`: its file, then the environment.

    Raises InputError INPUT-SETTINGS-TOML, -KEY (unknown key or bad value, with its place) or -TWICE (two files).
    """
    values, text, file = settings_read.read_file(folder)
    settings = Settings(source=file)
    for key, value in values.items():
        settings = settings_read.changed(settings, key, value, _KNOWN, settings_read.at_key(text, file, key))
    return settings.having(settings_read.environment_keys(_KNOWN, environ), "from the environment")
