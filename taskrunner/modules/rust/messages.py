"""Turns what cargo and rustc print into findings: file, line, column and rustc's own words, first error first.

Warnings about our own target features are dropped. Source: the rustc book (JSON output), the cargo book.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from taskrunner.modules.findings import Finding

_OUR_FLAGS = "unknown and unstable feature specified for `-Ctarget-feature`"
_SUMMARY = re.compile(r"aborting due to|\d+ warnings? emitted|could not compile|requested on the command line")
_MANIFEST_PLACE = re.compile(r"--> (?P<file>[^\n:]*Cargo\.toml):(?P<line>\d+):(?P<column>\d+)")
_HINTS = (
    (
        re.compile(r"can't find crate for `std`"),
        "wasm64 modules are #![no_std]: begin lib.rs with it",
    ),
    (re.compile(r"linker `[^`]*` not found|unable to find linker"), "no wasm linker: see `taskrunner doctor`"),
)


def findings(stdout: str, stderr: str, crate: Path, workspace: Path, root: Path | None) -> list[Finding]:
    """All findings of one cargo run; if it failed without a compiler message, cargo's own error is the finding."""
    found = [finding for message in _messages(stdout) if (finding := _finding(message, workspace, root)) is not None]
    errors = [one for one in found if one.severity == "error"]
    if not errors and any(line.startswith("error") for line in stderr.splitlines()):
        errors = [_cargo_error(stderr, crate, root)]
    return errors + [one for one in found if one.severity != "error"]


def rendered(stdout: str) -> str:
    """The compiler's messages as it would have shown them."""
    texts = (message.get("rendered") or "" for message in _messages(stdout) if _OUR_FLAGS not in message["message"])
    return "".join(texts)


def image_paths(stdout: str, library: str) -> list[Path]:
    """The .wasm files that cargo says it made for a library, the newest last."""
    paths = []
    for entry in _entries(stdout):
        target = entry.get("target", {})
        if entry.get("reason") == "compiler-artifact" and target.get("name", "").replace("-", "_") == library:
            paths += [Path(name) for name in entry.get("filenames", ()) if name.endswith(".wasm")]
    return paths


def _entries(stdout: str) -> list[dict[str, Any]]:
    entries = []
    for line in stdout.splitlines():
        if line.startswith("{"):
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
    return entries


def _messages(stdout: str) -> list[dict[str, Any]]:
    return [entry["message"] for entry in _entries(stdout) if entry.get("reason") == "compiler-message"]


def _finding(message: dict[str, Any], workspace: Path, root: Path | None) -> Finding | None:
    text, level = message["message"], message["level"]
    if (
        level not in ("error", "warning", "error: internal compiler error")
        or _OUR_FLAGS in text
        or _SUMMARY.search(text)
    ):
        return None
    spans = message.get("spans") or []
    span = next((one for one in spans if one.get("is_primary")), spans[0] if spans else None)
    code = (message.get("code") or {}).get("code") or ""
    severity = "warning" if level == "warning" else "error"
    suffix = code.upper().replace("_", "-") if code else "LINK" if "linking with" in text else "COMPILE"
    return Finding(
        code=f"MOD-RUST-{suffix}",
        message=text,
        file=_shown(workspace / span["file_name"], root) if span else "",
        line=span["line_start"] if span else 0,
        column=span["column_start"] if span else 0,
        hint=_hint(message),
        severity=severity,
    )


def _hint(message: dict[str, Any]) -> str:
    for pattern, hint in _HINTS:
        if pattern.search(message["message"]):
            return hint
    children = message.get("children") or []
    helps = [child["message"] for child in children if child.get("level") in ("help", "note")]
    labels = [span["label"] for span in message.get("spans") or [] if span.get("is_primary") and span.get("label")]
    return "; ".join([*labels, *helps][:2])


def _cargo_error(stderr: str, crate: Path, root: Path | None) -> Finding:
    lines = [line for line in stderr.splitlines() if line.startswith("error")]
    text = lines[0].partition(": ")[2] or stderr.strip()
    cause = re.search(r"Caused by:\n\s+(.*)", stderr)
    place = _MANIFEST_PLACE.search(stderr)
    manifest = crate / "Cargo.toml"
    return Finding(
        code="MOD-RUST-CARGO",
        message=f"{text}: {cause[1]}" if cause else text,
        file=_shown(manifest, root),
        line=int(place["line"]) if place else 0,
        column=int(place["column"]) if place else 0,
        hint="",
    )


def _shown(path: Path, root: Path | None) -> str:
    """A path as the user knows it: relative to the root where it lies beneath."""
    if root is not None:
        try:
            return str(path.resolve().relative_to(root.resolve()))
        except ValueError:
            pass
    return str(path)
