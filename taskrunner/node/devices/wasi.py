"""wasi@1.0: a tiny file system in the state, and the few system calls that production answers (PROTOCOL §11.4).

in    {...}  init      out   {"vfs": {"dev": {"stdin": "", "stdout": "", "stderr": ""}}, "file-descriptors": {...}, ...}

HyperBEAM's own code for writing and opening files fails whenever it is reached (WASM.md §4), so here it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Oops, Result, ok
from taskrunner.node.values import Message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context
    from taskrunner.wasm import Instance
    from taskrunner.wasm.instance import Import, Number

MODULE = "wasi_snapshot_preview1"
_FILES = ("stdin", "stdout", "stderr")


def _init(context: Context, base: Message, request: Message) -> Result:
    return ok(
        {
            **base,
            "wasm": {"stdlib": {MODULE: {"device": b"WASI@1.0"}}},
            "file-descriptors": {
                str(number): {"filename": f"/dev/{name}".encode(), "offset": 0} for number, name in enumerate(_FILES)
            },
            "vfs": {"dev": dict.fromkeys(_FILES, b"")},
        }
    )


def _compute(context: Context, base: Message, request: Message) -> Result:
    return ok(base)


def imports(private: dict[str, Any]) -> dict[tuple[str, str], Import]:
    """The functions that an image may import from `wasi_snapshot_preview1`; any other import answers 0."""
    handlers: dict[str, Import] = {
        "clock_time_get": _clock_time_get,
        "fd_read": _fd_read,
        "fd_write": _fd_write,
        "path_open": _path_open,
    }
    return {(MODULE, name): handler for name, handler in handlers.items()}


def _clock_time_get(instance: Instance, arguments: list[Number]) -> list[Number]:
    return [1]  # an errno; no time is written


def _fd_read(instance: Instance, arguments: list[Number]) -> list[Number]:
    """Standard input is empty; nothing else is open."""
    descriptor, *_, written = (int(one) for one in (*arguments, 0, 0, 0, 0)[:4])
    if descriptor not in (0, 1, 2):
        raise _broken("fd_read", f"there is no file descriptor {descriptor}")
    instance.memory.write(written, bytes(8))
    return [0]


def _fd_write(instance: Instance, arguments: list[Number]) -> list[Number]:
    _, _, count, written = (int(one) for one in (*arguments, 0, 0, 0, 0)[:4])
    if count:
        raise _broken("fd_write", "HyperBEAM's fd_write fails whenever it has something to write")
    instance.memory.write(written, bytes(8))
    return [0]


def _path_open(instance: Instance, arguments: list[Number]) -> list[Number]:
    raise _broken("path_open", "HyperBEAM's path_open always fails")


def _broken(name: str, words: str) -> Oops:
    failure = Failure("MOD-WASM-WASI", words, function=name, hint="a module for HyperBEAM should do without WASI")
    return Oops("{badmatch,{error,error,badarg,[]}}", failure=failure)


DEVICES = {"wasi@1.0": Device("wasi@1.0", {"init": _init, "compute": _compute})}
