"""The failure pages, which are package data, and the workspace's own documents, for `explain` and for briefs.

Reads files only; what a page says is written in `taskrunner/docs/failures/CODE.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from taskrunner.core.codes import page

MAX_DOCUMENTS = 2
MAX_BYTES = 200_000


def page_of(code: str) -> str | None:
    """The page of a failure code, or of an INPUT- code's family, as Markdown; None if there is none."""
    if not code.replace("-", "").isalnum():
        return None
    if code.startswith("INPUT-"):
        return _input_page(code)
    file = files("taskrunner") / "docs" / "failures" / f"{page(code)}.md"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _input_page(code: str) -> str:
    """What bad input of that kind is and how to mend it: the page of the longest family that the code begins with."""
    folder = files("taskrunner") / "docs" / "inputs"
    parts = code.split("-")
    families = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    page = next(file for family in families if (file := folder / f"{family}.md").is_file())
    return page.read_text(encoding="utf-8").replace("{code}", code)


def pages() -> list[str]:
    """Every code that has a page, sorted."""
    folder = files("taskrunner") / "docs" / "failures"
    return sorted(entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md"))


def workspace_pages(root: Path, words: Iterable[str]) -> list[tuple[str, str]]:
    """The workspace's documents (`docs/*.md`) that name most of the words: (title, the paragraphs that do)."""
    wanted = sorted({word.lower() for word in words if word})
    scored = []
    for path in sorted((root / "docs").rglob("*.md")) if (root / "docs").is_dir() else []:
        if path.is_symlink() or path.stat().st_size > MAX_BYTES:
            continue
        text = path.read_text("utf-8", "replace")
        hits = [part for part in text.split("\n\n") if any(word in part.lower() for word in wanted)]
        score = sum(word in text.lower() for word in wanted)
        if hits:
            scored.append((-score, path.relative_to(root).as_posix(), "\n\n".join(hits[:4])))
    return [(name, text) for _, name, text in sorted(scored)[:MAX_DOCUMENTS]]
