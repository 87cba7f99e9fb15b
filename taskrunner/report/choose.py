"""Chooses the reporter: what a person sees on a terminal, in a file, or what a program reads."""

from __future__ import annotations

import sys
from typing import Any

from taskrunner.report import Reporter

STYLES = ("human", "plain", "json", "jsonl", "quiet")


def choose(style: str, verbose: int = 0, stream: Any = None) -> Reporter:
    """The reporter for a style; `human` is rich on a terminal and plain elsewhere."""
    out = stream or sys.stdout
    if style in ("json", "jsonl"):
        from taskrunner.report.data import JsonLines, JsonObject

        return JsonObject(out) if style == "json" else JsonLines(out)
    from taskrunner.report.console import Console
    from taskrunner.report.paint import Painter

    level = -1 if style == "quiet" else verbose
    return Console(Painter.for_stream(out, plain=style == "plain"), level)
