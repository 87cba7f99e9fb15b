"""Writes the generated part of docs/loop.md anew from the machine's table."""

from __future__ import annotations

from pathlib import Path

from taskrunner.core.diagram import update

if __name__ == "__main__":
    document = Path(__file__).resolve().parent.parent / "docs" / "loop.md"
    document.write_text(update(document.read_text(encoding="utf-8")), encoding="utf-8")
