"""Events for programs: JSON lines as they happen, or one JSON object at the end. Both carry `"schema": 1`."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from taskrunner.report import Event
from taskrunner.report.encoding import holds_unicode

SCHEMA = 1


class JsonLines:
    """One object a line, flushed as it happens."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __call__(self, event: Event) -> None:
        self.stream.write(dumps({"schema": SCHEMA, **plain(event)}, self.stream) + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Everything is printed already."""


class JsonObject:
    """One object at the end: the last run's outcome, its failure, its suite and its warnings."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.result: dict[str, Any] = {"schema": SCHEMA, "warnings": [], "written": []}

    def __call__(self, event: Event) -> None:
        data = plain(event)
        kind = data.pop("event")
        match kind:
            case "run.started":
                self.result["task"] = data
            case "file.written":
                self.result["written"].append(data)
            case "warning" | "check.finding":
                self.result["warnings"].append(data)
            case "suite.finished":
                self.result["suite"] = data
            case "mutants.finished":
                self.result["mutants"] = data
            case "fix.finished":
                self.result.setdefault("fixes", []).append(data)
            case "failure":
                self.result["failure"] = data.pop("failure", None)
                self.result["iteration"] = data.get("iteration")
                self.result["rules"] = data.get("counts")
            case "escalated":
                self.result["escalation"] = data
            case "run.finished":
                self.result.update(data)
                if data.get("outcome") == "done":
                    self.result["failure"] = None

    def close(self) -> None:
        """Print the object; a run that never finished ends in an error, which is then the one object."""
        if "outcome" not in self.result:
            return
        self.stream.write(dumps(self.result, self.stream, indent=2) + "\n")
        self.stream.flush()


def dumps(data: Any, stream: Any, indent: int | None = None) -> str:
    """JSON text for a stream: escaped where the stream holds no Unicode."""
    return json.dumps(data, ensure_ascii=not holds_unicode(stream), indent=indent)


def plain(value: Any) -> Any:
    """Any value of an event as JSON data: dataclasses with a `to_json` use it, others show their fields."""
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
