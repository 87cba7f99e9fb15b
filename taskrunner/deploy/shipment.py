"""What would be sent: the module as a signed data item, and the tags of the process. Sends nothing.

The item's id is known before the upload, because it is a hash of the signature; so a dry run shows the very ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import TaskType
from taskrunner.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    from taskrunner.project import Workspace
    from taskrunner.wire import Wallet
    from taskrunner.wire.ans104 import DataItem

SMALL = 10 << 20  # bytes; larger modules belong into a bundler's own tool
CONTENT_TYPE = {TaskType.LUA: "application/lua", TaskType.AOS: "application/lua", TaskType.WASM: "application/wasm"}


@dataclass(frozen=True)
class Shipment:
    """A module that is ready to leave. `upload` is empty when the node itself is asked to keep the module."""

    task: int | str
    name: str
    type: str
    source: Path
    data: bytes
    node: str
    upload: str
    wallet: Wallet
    item: DataItem | None
    tags: dict[str, Any]
    boot: str = ""

    @property
    def module(self) -> str | None:
        """The module's id, if it is known before sending."""
        return self.item.id if self.item else None

    def to_json(self) -> dict[str, Any]:
        """Every request in order, without the wallet: what `--dry-run` shows."""
        return {
            "task": self.task,
            "module": {"name": self.name, "type": self.type, "file": str(self.source), "bytes": len(self.data)},
            "signer": self.wallet.address,
            "requests": [self._first(), self._spawn()],
        }

    def _first(self) -> dict[str, Any]:
        if self.item is None:
            return {
                "what": "keep the module on the node",
                "to": self.node,
                "content-type": CONTENT_TYPE[TaskType(self.type)],
            }
        return {
            "what": "upload the module as a signed ANS-104 data item",
            "to": self.upload,
            "id": self.item.id,
            "bytes": len(self.item.to_bytes()),
            "tags": [{"name": name.decode(), "value": value.decode()} for name, value in self.item.tags],
        }

    def _spawn(self) -> dict[str, Any]:
        module = self.module or "(the id that the node answers)"
        key = "image" if self.type == TaskType.WASM else "module"
        return {"what": "spawn a process", "to": self.node, "tags": {**self.tags, key: self.boot or module}}


def prepare(
    workspace: Workspace,
    task_id: int | str,
    *,
    node: str,
    wallet: Wallet,
    upload: str = "",
    boot: str = "",
    prove: bool = True,
) -> Shipment:
    """Prove the task now, then say what would be sent.

    Raises InputError INPUT-NOT-PROVED (the suite is not green), INPUT-TOO-LARGE, INPUT-WALLET-BITS (uploads are signed
    with RSA-4096), and what reading the workspace raises.
    """
    task = workspace.task(task_id)
    module = workspace.module_of(task)
    if prove:
        _demand_proof(workspace, task.id)
    source, data = _artefact(workspace, task, module)
    if len(data) > SMALL:
        raise InputError(
            f"{source.name} has {len(data)} bytes, over the {SMALL >> 20} MiB that are uploaded in one item",
            code="INPUT-TOO-LARGE",
            hint="upload it with your bundler's own tool, then spawn by its id",
        )
    item = _item(module.name, module.type, data, wallet) if upload else None
    return Shipment(
        task.id, module.name, module.type, source, data, node, upload, wallet, item, _tags(module.type), boot
    )


def _demand_proof(workspace: Workspace, task_id: int | str) -> None:
    from taskrunner.runner import run_task

    outcome = run_task(workspace, task_id)
    if outcome.exit_code != 0:
        raise InputError(
            f"task {task_id} is not proved (it stands at `{outcome.state}`), so nothing is deployed",
            code="INPUT-NOT-PROVED",
            hint=f"`taskrunner run {task_id}` until it is done",
        )


def _artefact(workspace: Workspace, task: Any, module: Any) -> tuple[Path, bytes]:
    """What runs on a node: the Lua source, or the wasm image that is built from the Rust source."""
    source = workspace.module_source(module)
    if module.type == TaskType.WASM:
        from taskrunner.modules.rust import build

        result = build(source, root=workspace.root)
        if result.wasm_path is None:
            raise InputError(f"{workspace.shown(source)} does not build", code="INPUT-NOT-PROVED", hint="run the task")
        return result.wasm_path, result.wasm_path.read_bytes()
    try:
        return source, source.read_bytes()
    except OSError as error:
        raise EnvironmentFault(
            f"cannot read {workspace.shown(source)}: {error.strerror}", code="ENV-PERMISSION"
        ) from error


def _item(name: str, kind: str, data: bytes, wallet: Wallet) -> DataItem:
    from taskrunner.wire import ans104

    if wallet.bits != 4096:
        raise InputError(
            f"data items are signed with RSA-4096, and this wallet has {wallet.bits} bits",
            code="INPUT-WALLET-BITS",
            hint="make one with `taskrunner wallet new`, or name an Arweave wallet with --wallet",
        )
    tags = [
        ("Content-Type", CONTENT_TYPE[TaskType(kind)]),
        ("Data-Protocol", "ao"),
        ("Variant", "ao.TN.1"),
        ("Type", "Module"),
        ("Name", name),
    ]
    return ans104.DataItem.create(data, tags).sign(wallet)


def _tags(kind: str) -> dict[str, Any]:
    """The documented tags of a process (PROTOCOL §7.4), beside those that the client adds itself."""
    base: dict[str, Any] = {"data-protocol": "ao", "variant": "ao.TN.1", "push-device": "push@1.0"}
    if kind == TaskType.WASM:
        return {
            **base,
            "execution-device": "stack@1.0",
            "device-stack": ["wasi@1.0", "json-iface@1.0", "wasm-64@1.0", "patch@1.0", "multipass@1.0"],
            "output-prefix": "wasm",
            "patch-from": "/results/outbox",
            "patch-mode": "patches",
            "passes": 2,
        }
    return {**base, "execution-device": "lua@5.3a", "patch-from": "/results/outbox"}
