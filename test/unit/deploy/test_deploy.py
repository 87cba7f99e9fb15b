"""Deploying: what would be sent is what is sent, and what a node does not offer is said in plain words."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from taskrunner.backends.http import NodeServer
from taskrunner.client import HB, NodeError
from taskrunner.deploy import prepare, remote, send
from taskrunner.deploy.remote import explain
from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project import Workspace
from taskrunner.wire import Wallet
from taskrunner.wire.ans104 import DataItem

from .conftest import Uploads


def test_a_dry_run_names_every_request_and_no_secret(workspace: Workspace, wallet: Wallet) -> None:
    shipment = prepare(
        workspace, 1, node="http://node.invalid", wallet=wallet, upload="http://up.invalid/tx", prove=False
    )
    shown = shipment.to_json()
    assert [request["to"] for request in shown["requests"]] == ["http://up.invalid/tx", "http://node.invalid"]
    assert shown["requests"][0]["id"] == shipment.module == shown["requests"][1]["tags"]["module"]
    assert shown["signer"] == wallet.address
    text = json.dumps(shown)
    assert not any(wallet.to_jwk()[name] in text for name in ("d", "p", "q"))


def test_a_module_is_uploaded_and_its_process_answers(
    workspace: Workspace, wallet: Wallet, node: NodeServer, uploads: Uploads
) -> None:
    shipment = prepare(workspace, 1, node=node.url, wallet=wallet, upload=uploads.url, prove=False)
    node.node.keep(str(shipment.module), {"body": shipment.data, "content-type": b"application/lua"})
    deployed = send(shipment)
    item = DataItem.parse(uploads.kept[0])
    assert item.verify() == wallet.address
    assert (item.id, item.data) == (deployed.module, shipment.data)
    hb = HB(url=node.url, jwk=wallet)
    slot = hb.schedule_lua(deployed.pid, "Inc")["slot"]
    assert hb.compute_lua(deployed.pid, slot)["outbox"][0]["data"] == "1"


def test_without_an_upload_the_node_keeps_the_module(workspace: Workspace, wallet: Wallet, node: NodeServer) -> None:
    deployed = send(prepare(workspace, 1, node=node.url, wallet=wallet, prove=False))
    hb = HB(url=node.url, jwk=wallet)
    slot = hb.schedule_lua(deployed.pid, "Inc")["slot"]
    assert hb.compute_lua(deployed.pid, slot)["outbox"][0]["data"] == "1"


@pytest.mark.npm
def test_an_uploaded_item_is_valid_for_arbundles(
    workspace: Workspace, wallet: Wallet, root: Path, tmp_path: Path
) -> None:
    shipment = prepare(workspace, 1, node="http://n", wallet=wallet, upload="http://u", prove=False)
    assert shipment.item is not None
    (tmp_path / "item").write_bytes(shipment.item.to_bytes())
    script = (
        'import { DataItem } from "arbundles"; import { readFileSync } from "node:fs"\n'
        "const item = new DataItem(readFileSync(process.argv[1]))\n"
        "console.log(JSON.stringify({ valid: await item.isValid(), id: item.id, tags: item.tags }))"
    )
    command = ["node", "--input-type=module", "-e", script, str(tmp_path / "item")]
    told = json.loads(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert told["valid"] is True
    assert told["id"] == shipment.item.id
    assert {"name": "Content-Type", "value": "application/lua"} in told["tags"]


def test_nothing_unproved_is_deployed(workspace: Workspace, wallet: Wallet) -> None:
    with pytest.raises(InputError) as caught:
        prepare(workspace, 1, node="http://n", wallet=wallet)
    assert caught.value.code == "INPUT-NOT-PROVED"


def test_uploads_need_an_arweave_sized_key(workspace: Workspace) -> None:
    with pytest.raises(InputError) as caught:
        prepare(workspace, 1, node="http://n", wallet=Wallet.generate(2048), upload="http://u", prove=False)
    assert caught.value.code == "INPUT-WALLET-BITS"


@pytest.mark.parametrize(
    ("status", "told", "words"),
    [(402, None, "402"), (200, {"id": "A" * 43}, "do not trust")],
)
def test_an_upload_service_that_does_not_keep_the_item_ends_it(
    workspace: Workspace, wallet: Wallet, uploads: Uploads, status: int, told: dict[str, str] | None, words: str
) -> None:
    uploads.status, uploads.told = status, told
    shipment = prepare(workspace, 1, node="http://127.0.0.1:1", wallet=wallet, upload=uploads.url, prove=False)
    with pytest.raises(EnvironmentFault) as caught:
        send(shipment)
    assert caught.value.code == "ENV-UPLOAD"
    assert words in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, '"not_found"', "ENV-NODE-PUSH-ONLY"),
        (405, "Method Not Allowed", "ENV-NODE-PUSH-ONLY"),
        (400, "No scheduler information provided.", "ENV-NODE-REFUSED"),
        (500, "Oops! Something went wrong.", "ENV-NODE-REFUSED"),
    ],
)
def test_a_refusal_is_explained(status: int, body: str, code: str) -> None:
    fault = explain(NodeError("spawn", status=status, body=body), "https://node.example")
    assert fault.code == code
    assert "https://node.example" in str(fault)
    assert fault.hint


def test_a_node_that_refuses_multipart_gets_one_item(
    workspace: Workspace, wallet: Wallet, node: NodeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: HB, *_: object, **__: object) -> None:
        raise NodeError("spawn", status=415, body="Unsupported Media Type: multipart/form-data")

    boot = "B" * 43
    shipment = prepare(workspace, 1, node=node.url, wallet=wallet, boot=boot, prove=False)
    monkeypatch.setattr(remote.HB, "spawn", refuse)
    deployed = send(shipment)
    assert deployed.way == "ans104"
    monkeypatch.undo()
    assert HB(url=node.url).slot(deployed.pid, "current")["body"] == 0
