"""GitHub annotations: the failure and the warnings of a run at their lines, as workflow commands on standard output."""

from __future__ import annotations

import re
from typing import Any

from taskrunner.report import Event


class Github:
    """Prints `::error` for the failure and `::warning` for what else has a place."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __call__(self, event: Event) -> None:
        match event.get("event"):
            case "failure":
                failure = event["failure"]
                self._say("error", failure.code, failure.message, *_place(failure, event.get("brief")))
            case "check.finding":
                kind = "error" if event.get("severity") == "error" else "warning"
                self._say(kind, str(event.get("code", "")), str(event["message"]), event.get("file"), event.get("line"))
            case "suite.finished":
                for text in event["report"].warnings:
                    place = re.match(r"([^\s:]+):(\d+): (.*)", text)
                    file, line, words = place.groups() if place else (None, None, text)
                    self._say("warning", "taskrunner", words or text, file, int(line) if line else None)
            case "escalated":
                self._say("error", f"escalated: {event.get('rule')}", str(event.get("reason", "")), None, None)

    def close(self) -> None:
        """Everything is printed already."""

    def _say(self, kind: str, title: str, message: str, file: object, line: object) -> None:
        place = {"file": file, "line": line, "title": title}
        properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
        self.stream.write(f"::{kind} {properties}::{_data(message)}\n")


def _place(failure: Any, brief: Any) -> tuple[str | None, int | None]:
    """Where the failure is, else the first line that the brief shows: the file that must change."""
    if failure.file:
        return failure.file, failure.line
    shown = [source for source in getattr(brief, "sources", ()) if source.around is not None]
    return (shown[0].file, shown[0].around) if shown else (None, None)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
