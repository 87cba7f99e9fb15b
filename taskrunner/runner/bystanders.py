"""The rest of the workspace while an agent fixes: what it did there is found, shown and put back.

Work files and the loop's own ground are the business of `goalposts`. Folders that tools fill (builds, packages, caches)
and the notes that agents keep for themselves are passed over. Nothing that is taken back is lost: it lies in the run.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from taskrunner.project.files import MAX_BYTES

TOOLS = frozenset((".git", ".taskrunner", "node_modules", "target", "__pycache__", ".venv", "venv", ".tox", ".demo"))
CACHES = frozenset((".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".idea", ".vscode", "HyperBEAM"))
NOTES = (".aider*", ".claude", ".codex", ".gemini", ".opencode", ".cursor", ".goose", ".qwen", ".crush", ".DS_Store")
GIT = ("config", "info/attributes", "info/exclude")
KEPT_FILE, KEPT_ALL, MOST = 2 << 20, 64 << 20, 20_000  # bytes of one file, of all files, and number of files


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry: `data` is a file's bytes (None where it is too large to keep), `target` where a link points."""

    kind: str  # file, folder, link, other
    mode: int
    stamp: tuple[int, ...]
    data: bytes | None = None
    target: str = ""


Found = dict[str, Seen]


def look(root: Path, known: Found | None = None) -> Found:
    """Every entry of the workspace by its name there. What has the stamp of a `known` one is not read again."""
    found: Found = {}
    room = KEPT_ALL
    for path in _entries(root):
        name = path.relative_to(root).as_posix()
        with suppress(OSError):  # gone, or not ours to read: then it is no part of the picture
            before = (known or {}).get(name)
            found[name] = _seen(path, before, room)
            room -= len(found[name].data or b"")
        if len(found) >= MOST:
            break
    return found


def _seen(path: Path, known: Seen | None, room: int) -> Seen:
    info = path.lstat()
    stamp = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return Seen("link", 0, stamp, target=os.readlink(path))
    if stat.S_ISDIR(info.st_mode):
        return Seen("folder", mode, ())
    if not stat.S_ISREG(info.st_mode):
        return Seen("other", mode, stamp)
    if known is not None and known.kind == "file" and known.stamp == stamp:
        return known
    return Seen("file", mode, stamp, path.read_bytes() if info.st_size <= min(KEPT_FILE, room) else None)


def _entries(root: Path) -> Iterator[Path]:
    """Below the root, folders before what is in them; git's settings and hooks, which others of its tools obey."""
    for name in GIT:
        yield root / ".git" / name
    hooks = root / ".git" / "hooks"
    yield from sorted(hooks.iterdir()) if hooks.is_dir() and not hooks.is_symlink() else ()
    waiting = [root]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name in TOOLS | CACHES or any(fnmatchcase(entry.name, note) for note in NOTES):
                    continue
                yield Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))


def same(one: Seen | None, other: Seen | None) -> bool:
    """Whether an entry is as it was: kind, rights, and content where we have it."""
    if one is None or other is None:
        return one is other
    if (one.kind, one.mode, one.target) != (other.kind, other.mode, other.target):
        return False
    if one.kind == "file" and one.data is not None and other.data is not None:
        return one.data == other.data
    return one.kind != "file" or one.stamp == other.stamp


def leads_out(root: Path, name: str) -> bool:
    """Whether a link of the workspace points outside of it."""
    with suppress(OSError, RuntimeError):
        return not (root / name).resolve().is_relative_to(root.resolve())
    return True


def put_back(root: Path, before: Found, aside: Path, spared: Callable[[str], bool]) -> list[tuple[str, Seen | None]]:
    """Make the workspace as it was, but for `spared` names; what differed, with what was found there (None: nothing).

    What the agent made is moved to `aside` under its own name. Links that lead out are never spared.
    """
    for name, seen in before.items():  # rights first: a folder that was closed hides what is in it
        if seen.kind == "folder" and (root / name).is_dir() and not (root / name).is_symlink():
            with suppress(OSError):
                os.chmod(root / name, seen.mode)
    after = look(root, before)
    changed = [
        (name, after.get(name))
        for name in sorted({*before, *after})
        if not same(before.get(name), after.get(name)) and not _may(root, name, after, spared)
    ]
    for name, now in reversed(changed):  # what is in a folder before the folder
        if now is not None and not (now.kind == "folder" and name in before):
            _away(root / name, aside / name, now)
    for name in sorted(name for name, _ in changed if name in before):
        _restore(root / name, before[name], aside / name)
    return [(name, now) for name, now in changed if (now or before[name]).kind != "folder" or name in before]


def _may(root: Path, name: str, after: Found, spared: Callable[[str], bool]) -> bool:
    """Whether a difference is the fix's own: an ordinary file of a sane size in a folder that is still one."""
    now, folder = after.get(name), after.get(name.rpartition("/")[0])
    if now is None:
        return spared(name) and ("/" not in name or (folder is not None and folder.kind == "folder"))
    if now.kind == "link":
        return spared(name) and not leads_out(root, name)
    if now.kind == "folder":
        return spared(name) or any(spared(each) for each in after if each.startswith(f"{name}/"))
    return spared(name) and now.kind == "file" and now.stamp[0] <= MAX_BYTES


def _away(path: Path, aside: Path, now: Seen) -> None:
    """Out of the workspace, into the run; an empty new folder just goes."""
    with suppress(OSError):
        if now.kind == "folder":
            path.rmdir()
            return
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, aside)


def _restore(path: Path, seen: Seen, aside: Path) -> None:
    """The entry as it was; a file that was too large to keep is brought back as the agent left it."""
    if seen.kind == "folder":
        path.mkdir(parents=True, exist_ok=True)
        os.chmod(path, seen.mode)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if seen.kind == "link":
        path.symlink_to(seen.target)
    elif seen.data is not None:
        path.write_bytes(seen.data)
        os.chmod(path, seen.mode)
    elif aside.exists():
        shutil.move(aside, path)
