"""Opens the files that a person names for output: ordinary ones only, never through a link, a pipe or a device.

Asked before a run and again when it is written: in between, somebody may have put something else there.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from taskrunner.errors import InputError


def refuse_unless_plain(path: Path, code: str) -> None:
    """Raises InputError `code` where `path` is something else than an ordinary file, or can never become one."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise _not_plain(path, code)
        folder = next((each for each in path.parents if each.exists()), Path("/"))
        if not folder.is_dir():
            raise InputError(f"cannot write {path}: {folder} is no folder", code=code, hint="name another file")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise InputError(f"cannot write {path}: permission denied", code=code, hint="name another file")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no name of a file"
        raise InputError(f"cannot write {str(path)[:200]!r}: {why}", code=code, hint="name another file") from None


def open_plain(path: Path, code: str, *, append: bool = False) -> int:
    """A descriptor for writing an ordinary file, which is made if need be. Raises InputError `code`."""
    refuse_unless_plain(path, code)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_APPEND if append else 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o644)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _not_plain(path, code) from None
        raise InputError(f"cannot write {path}: {error.strerror}", code=code, hint="name another file") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _not_plain(path, code)
    if not append:
        os.ftruncate(handle, 0)
    return handle


def _not_plain(path: Path, code: str) -> InputError:
    return InputError(
        f"{path} is no ordinary file, so nothing is written to it", code=code, hint="name an ordinary file"
    )
