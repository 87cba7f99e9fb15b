"""Builds a crate that is not the user's: a skeleton, or the user's crate with one fault in it, beside the run.

Nothing of the user's is written. The copy is a Cargo workspace of its own, so that no manifest above it is asked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

OWN_WORKSPACE = "\n[workspace]\n"


def mutated_image(run: Run, text: str, place: Path) -> Path | None:
    """The image of the user's crate with `text` as its source file; None if that does not compile."""
    folder = _crate_of(run.source)
    crate = place / "crate"
    shutil.copytree(folder, crate, ignore=shutil.ignore_patterns("target", ".git"), dirs_exist_ok=True)
    (crate / run.source.relative_to(folder)).write_text(text, encoding="utf-8")
    return _image(run, crate)


def skeleton_image(run: Run, place: Path) -> Path | None:
    """The image of the module's skeleton."""
    from taskrunner.modules.rust import scaffold

    name = run.module.name
    for path, text in scaffold(run.module, source=f"skeleton/{name}/src/lib.rs").items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return _image(run, place / "skeleton" / name)


def _crate_of(source: Path) -> Path:
    from taskrunner.modules.rust.crate import Crate

    return Crate.at(source).folder


def _image(run: Run, crate: Path) -> Path | None:
    from taskrunner.modules import rust

    manifest = crate / "Cargo.toml"
    text = manifest.read_text("utf-8")
    if "[workspace]" not in text:
        manifest.write_text(text + OWN_WORKSPACE, encoding="utf-8")
    try:
        return rust.build(crate, root=run.workspace.root, seconds=run.settings.limits.build_seconds).wasm_path
    except InputError:
        return None
