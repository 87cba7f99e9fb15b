"""A copy of a workspace in which one module file is another: how a suite that reads files by path meets a mutant.

Node.js suites name their module by its path, so the mutant must lie there. The user's own folder is never touched.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NEVER = frozenset({".git", ".taskrunner", ".demo", ".venv", "node_modules", "target", "__pycache__"})
LINKED = "node_modules"


def shadow(root: Path, replacement: Path, folder: Path) -> Path:
    """Copy the workspace into `folder`, with every file of the replacement's name replaced; the copy's root."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root, folder, ignore=lambda _, names: NEVER & set(names), symlinks=True)
    for place, _, names in os.walk(folder):
        if replacement.name in names:
            shutil.copyfile(replacement, Path(place) / replacement.name)
    if replacement.suffix == ".wasm":
        _place_image(root, replacement, folder)
    packages = next((each / LINKED for each in (root, *root.parents) if (each / LINKED).is_dir()), None)
    if packages is not None and not (folder / LINKED).exists():
        (folder / LINKED).symlink_to(packages.resolve(), target_is_directory=True)
    return folder


def _place_image(root: Path, replacement: Path, folder: Path) -> None:
    """An image lies where cargo put it, and cargo's folder is too large to copy: only the image goes along."""
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name == "target" or name not in NEVER]
        if replacement.name in names:
            copy = folder / Path(place).relative_to(root) / replacement.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(replacement, copy)
