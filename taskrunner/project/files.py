"""Reads and writes whole files the way a user's file deserves: checked decoding, atomic replacement, honest errors.

Every `OSError` leaves this room as an `EnvironmentFault` or `InputError` with the file's name and the next step. What a
file means is none of this module's business.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project.faults import point

MAX_BYTES = 16 * 1024 * 1024

_FAULTS = {
    errno.ENOSPC: ("ENV-DISK-FULL", "the disk is full", "free some space, then run again"),
    errno.EDQUOT: ("ENV-DISK-FULL", "the disk quota is used up", "free some space, then run again"),
    errno.EROFS: ("ENV-READ-ONLY", "the disk is read-only", "mount it writable, or copy the workspace elsewhere"),
    errno.EACCES: ("ENV-PERMISSION", "permission was denied", "check owner and mode with `ls -l`"),
    errno.EPERM: ("ENV-PERMISSION", "permission was denied", "check owner and mode with `ls -l`"),
    errno.EMFILE: ("ENV-FAULT", "too many files are open", "raise the limit with `ulimit -n`"),
    errno.ENFILE: ("ENV-FAULT", "too many files are open", "raise the limit with `ulimit -n`"),
}


def environment_fault(error: OSError, doing: str, shown: str) -> EnvironmentFault:
    """The fault behind an `OSError`: what we were doing, to which file, why not, and what to do."""
    default = ("ENV-FAULT", error.strerror or type(error).__name__, "check the disk, then run again")
    code, why, hint = _FAULTS.get(error.errno or 0, default)
    return EnvironmentFault(f"cannot {doing} {shown}: {why}", code=code, file=shown, hint=hint)


@contextmanager
def io_errors(doing: str, shown: str | Path) -> Iterator[None]:
    """Turns an `OSError` of the block into an `EnvironmentFault` that says what we were doing to which file."""
    try:
        yield
    except OSError as error:
        raise environment_fault(error, doing, str(shown)) from error


def read_text(path: Path, shown: str, *, missing_hint: str = "", code: str = "INPUT-FILE") -> str:
    """The file's text with line ends and a BOM as they are; `code` is the prefix of what can be wrong with it.

    Raises InputError CODE-MISSING, CODE-KIND (a folder, a pipe), CODE-SIZE (over 16 MiB), CODE-ENCODING (not UTF-8,
    with line and column), and EnvironmentFault when the disk refuses.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{shown} does not exist", code=f"{code}-MISSING", file=shown, hint=missing_hint) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(f"{shown} is a link to itself", code=f"{code}-KIND", file=shown) from None
        raise environment_fault(error, "read", shown) from error
    if not stat.S_ISREG(mode):
        hint = "put an ordinary file in its place"
        raise InputError(f"{shown} is not an ordinary file", code=f"{code}-KIND", file=shown, hint=hint)
    with io_errors("read", shown), path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown} is larger than 16 MiB", code=f"{code}-SIZE", file=shown, hint="shorten the file")
    return _decode(data, shown, code)


def _decode(data: bytes, shown: str, code: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = place(before, len(before))
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        what = "is UTF-16" if wide else "holds bytes that are not UTF-8"
        raise InputError(
            f"{shown} {what}", code=f"{code}-ENCODING", file=shown, line=line, column=column, hint="save it as UTF-8"
        ) from None


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both 1-based; a BOM at the start takes no column."""
    line = text.count("\n", 0, offset) + 1
    start = text.rfind("\n", 0, offset) + 1
    bom = 1 if start == 0 and text.startswith("\ufeff") else 0
    return line, max(offset - start - bom, 0) + 1


def write_atomic(path: Path, data: bytes, *, mode: int | None = None, scratch: Path | None = None) -> None:
    """Replaces a file in one step: temporary file, fsync, rename, fsync of the folder.

    The caller holds the lock that keeps other writers of this file away, so the temporary file has a fixed name and a
    killed run leaves nothing that the next one does not clean up. `scratch` is the folder for it (default: beside the
    file). The mode of an existing file is kept. Raises EnvironmentFault.
    """
    if mode is None:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    with io_errors("write", path.name):
        temporary = (scratch or path.parent) / f".{path.name}.new"
        _write_synced(temporary, data, mode)
        point(f"fsync {path.name}")
        try:
            os.replace(temporary, path)
        except OSError as error:
            if scratch is None or error.errno != errno.EXDEV:
                temporary.unlink(missing_ok=True)
                raise
            temporary.unlink(missing_ok=True)
            return write_atomic(path, data, mode=mode)
        point(f"rename {path.name}")
        sync_folder(path.parent)
        point(f"fsync folder of {path.name}")
    return None


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            point(f"create {path.name}")
            file.write(data)
            file.flush()
            point(f"write {path.name}")
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new name in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_new(path: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Writes a file that does not exist yet; False, and nothing changed, if anything has that name already.

    A name appears only with its whole content: the file is written beside it and linked into place.
    """
    with io_errors("write", path.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(path):
            return False
        temporary = path.parent / f".{path.name}.{os.getpid()}.new"
        _write_synced(temporary, data, mode)
        try:
            _link(temporary, path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        point(f"link {path.name}")
        sync_folder(path.parent)
    return True


def _link(temporary: Path, path: Path) -> None:
    """Gives a written file its name, unless something has it (FileExistsError); a rename where there are no links."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.replace(temporary, path)
