"""Suites of wasm modules through the installed command: one written for npm wao, as it is, and both kinds of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from taskrunner.modules import rust
from taskrunner.project.plan import parse_plan

COMMAND = Path(sys.executable).with_name("taskrunner")
HERE = Path(__file__).parent
IMAGE = "custom-wasm/target/wasm64-unknown-unknown/release/custom_wasm.wasm"
SUITE = "test/counter-module.test.js"
pytestmark = [pytest.mark.npm, pytest.mark.rust, pytest.mark.timeout(240), pytest.mark.usefixtures("the_port")]

SECTION = """### counter (module-wasm)
Counts.

#### Actions
| Action | Input           | State                 | Reply         |
|--------|-----------------|-----------------------|---------------|
| Inc    | Amount: int = 1 | count grows by Amount | the new count |
| Get    |                 |                       | the count     |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name  | Send              | Reply   |
|-------|-------------------|---------|
| twice | Inc; Inc; Get     | 1; 2; 2 |
| five  | Inc Amount=5; Get | 5; 5    |
"""
PLAN = f"# Plan: Counter\n\n## Modules\n\n{SECTION}\n## Status: APPROVED\n"
ANSWER = "reply.answer_int(state.count);\n    Ok(())"


@pytest.fixture(autouse=True, scope="module")
def toolchain() -> None:
    if not rust.toolchain().ready:
        pytest.skip("no Rust toolchain for wasm64: " + rust.toolchain().missing[0].install)


def fill(source: Path, grows: str = "amount") -> None:
    """The plan's two actions in the skeleton, as a person would write them."""
    text = source.read_text()
    for action, body in (("Inc", f"state.count += {grows};\n    {ANSWER}"), ("Get", ANSWER)):
        missing = f'Err(Problem::new("not implemented: ", "{action}"))'
        assert missing in text, "the skeleton has the action"
        text = text.replace(missing, body)
    source.write_text(text)


def command(folder: Path, *words: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run([COMMAND, *words, "--json"], cwd=folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == code, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def status(folder: Path) -> str:
    return str(json.loads((folder / "tasks.json").read_text())["tasks"][0]["status"])


def test_a_suite_written_for_wao_reads_the_image_where_cargo_puts_it(tmp_path: Path, root: Path) -> None:
    for name, text in rust.scaffold(parse_plan(PLAN).modules[0], source="custom-wasm/src/lib.rs").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    source = tmp_path / "custom-wasm" / "src" / "lib.rs"
    manifest = tmp_path / "custom-wasm" / "Cargo.toml"
    assert 'name = "custom' in manifest.read_text()
    skeleton = source.read_text()
    fill(source, "amount + 1")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / "plan.md").write_text(PLAN)
    (tmp_path / "taskrunner.toml").write_text('suite = "node"\n')
    task = {"id": 1, "name": "Counter", "type": "module-wasm", "files": ["custom-wasm/src/lib.rs"]}
    (tmp_path / "tasks.json").write_text(json.dumps({"tasks": [task]}))
    (tmp_path / "test").mkdir()
    shutil.copy(HERE / "counter-wasm.test.js", tmp_path / SUITE)

    wrong = command(tmp_path, "run", "1", code=1)
    assert (wrong["failure"]["test"], wrong["failure"]["class"]) == ("counter in wasm > counts", "module")
    assert (tmp_path / IMAGE).is_file()

    source.write_text(skeleton)
    fill(source)
    done = command(tmp_path, "run", "1")
    assert done["verdict"].startswith("done") and status(tmp_path) == "done"
    assert (tmp_path / SUITE).read_text() == (HERE / "counter-wasm.test.js").read_text(), "it runs as it is"


def test_both_suites_that_we_write_lead_a_rust_module_to_done(tmp_path: Path, root: Path) -> None:
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    command(tmp_path, "new", "counter", "--wasm")
    plan = tmp_path / "plan.md"
    plan.write_text(f"{plan.read_text().partition('### counter')[0]}{SECTION}\n## Status: APPROVED\n")
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / "taskrunner.toml").write_text('suite = "both"\n')
    begun = command(tmp_path, "run", "1", code=1)
    assert begun["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
    suites = [each["path"] for each in begun["written"] if each["what"] == "suite"]
    assert suites == ["test/test_counter_module.py", SUITE]
    fill(tmp_path / "custom_wasm" / "counter" / "src" / "lib.rs")
    assert command(tmp_path, "run", "1")["verdict"] == "done" and status(tmp_path) == "done"
