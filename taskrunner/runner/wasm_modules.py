"""What the loop asks of Rust modules: skeleton, toolchain, build. The work is done in `taskrunner.modules.rust`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.errors import TaskrunnerError

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def skeleton_files(run: Run) -> dict[Path, str]:
    """The crate's files by path."""
    from taskrunner.modules import rust

    folder = run.source.parent.parent
    files: dict[str, str] = rust.skeleton(run.module)
    return {folder / name: text for name, text in files.items()}


def toolchain_fault(run: Run) -> dict[str, Any] | None:
    """Why no wasm module can be built here; None if one can."""
    from taskrunner.modules import rust

    try:
        rust.find_toolchain()
    except TaskrunnerError as error:
        return error.to_json()
    return None


def build(run: Run) -> dict[str, Any] | None:
    """Compile the crate and check the image; the first error as a fault."""
    from taskrunner.modules import rust

    try:
        rust.build(run.source.parent.parent, state=run.workspace.state("target"))
    except TaskrunnerError as error:
        return error.to_json()
    return None
