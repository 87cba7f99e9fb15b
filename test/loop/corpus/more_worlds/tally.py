"""A counter in Rust."""

from __future__ import annotations

from pathlib import Path

from corpus.worlds import World

TALLY_PLAN = """\
# Plan: Counter in Rust

## Modules

### tally (module-wasm)
Counts. Never below zero.

#### Actions
| Action | Input           | State                | Reply            |
|--------|-----------------|----------------------|------------------|
| Inc    | Amount: int = 1 | count grows by Amount | the new count    |
| Dec    | Amount: int = 1 | count shrinks, floor 0 | the new count   |
| Get    |                 |                      | the count        |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name            | Send                          | Reply                |
|-----------------|-------------------------------|----------------------|
| starts at zero  | Get                           | 0                    |
| three times     | Inc; Inc; Inc; Get            | 1; 2; 3; 3           |
| by an amount    | Inc Amount=5; Dec Amount=2; Get | 5; 3; 3            |
| floor           | Inc; Dec Amount=7; Get        | 1; 0; 0              |
| bad amount      | Inc Amount=many               | error: invalid Amount |
| unknown action  | Nope                          | error: unknown action |

## Status: APPROVED
"""

TALLY_SUITE = '''\
"""A counter in Rust, as its author tests it."""

import pytest

MODULE = "custom_wasm/tally/src/lib.rs"


@pytest.fixture(name="count")
def counter(module):
    process = module.spawn()

    def send(action, **tags):
        reply = process.send(action, **tags)
        assert not reply.error, reply.error
        return int(reply.data)

    return send


def test_zero(count):
    assert count("Get") == 0


def test_up(count):
    assert [count("Inc") for _ in range(3)] == [1, 2, 3]
    assert count("Get") == 3


@pytest.mark.parametrize(("up", "down", "left"), [(5, 2, 3), (1, 7, 0), (40, 40, 0)])
def test_up_and_down(count, up, down, left):
    count("Inc", Amount=str(up))
    assert count("Dec", Amount=str(down)) == left
    assert count("Get") == left


def test_nonsense(module):
    process = module.spawn()
    assert process.send("Inc", Amount="many").error == "invalid Amount"
    assert "unknown action" in process.send("Nope").error
'''

_DEMO = (
    Path(__file__).parents[3] / "demo" / "replay-wasm" / "2-right-fix" / "custom_wasm" / "counter" / "src" / "lib.rs"
)
TALLY = World(
    "tally",
    TALLY_PLAN,
    _DEMO.read_text(),
    TALLY_SUITE,
    kind="module-wasm",
    module_file="custom_wasm/tally/src/lib.rs",
    suite_file="test/test_tally_module.py",
)
