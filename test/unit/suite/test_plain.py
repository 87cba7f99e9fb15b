"""What a suite's text says about when it may be collected, and in which order its tests may run."""

from __future__ import annotations

import pytest

from taskrunner.core.plan import Plan, PlanModule
from taskrunner.suite import generate
from taskrunner.suite.plain import is_plain, may_be_reordered
from test.unit.suite.conftest import COUNTER, TOKEN


@pytest.mark.parametrize("module", [COUNTER, TOKEN])
def test_generated_suites_are_plain_and_have_no_order(module: PlanModule) -> None:
    text = generate(module, Plan("p", (module,))).encode()
    assert is_plain(text) and may_be_reordered(text)


@pytest.mark.parametrize(
    "text",
    [
        "import time\n",
        "from pathlib import Path\n",
        "from .helpers import x\n",
        "from . import helpers\n",
        "import json, os\n",
        "TEXT = open('x').read()\n",
        "import pytest\nx = pytest.importorskip('numpy')\n",
        "pytest_plugins = ['mine']\n",
        "HERE = __file__\n",
        "json = __import__('json')\n",
        "exec('x = 1')\n",
        "def f(:\n",
        "\0",
    ],
)
def test_suites_that_look_beyond_their_text(text: str) -> None:
    assert not is_plain(text.encode())


@pytest.mark.parametrize("text", ["import json\nimport pytest\nfrom collections import Counter\n", "X = [1]\n", ""])
def test_plain_suites(text: str) -> None:
    assert is_plain(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "SEEN = []\n",
        "X = dict()\n",
        "def test_a():\n    global X\n    X = 1\n",
        "import pytest\n@pytest.fixture(scope='module')\ndef p(): pass\n",
        "def test_a(): pass\ntest_a.seen = 1\n",
        "def test_a():\n    test_a.seen = 1\n",
        "def test_a(seen=[]): pass\n",
        "class TestA:\n    def test_a(self): pass\n",
        "if True:\n    X = 1\n",
        "def f(:\n",
    ],
)
def test_suites_whose_tests_could_tell(text: str) -> None:
    assert not may_be_reordered(text.encode())


@pytest.mark.parametrize("text", ["X = 1\n", "X: int = -1\n", "X = ('a', (1, None))\n", "def test_a(n=1): pass\n", ""])
def test_suites_whose_tests_cannot_tell(text: str) -> None:
    assert may_be_reordered(text.encode())
