"""genesis-wasm@1.0: hands slots to a legacy compute unit. The embedded node has none, and says so as a real one would.

in    {...}  compute  ASSIGNMENT      out  500 failed_connect
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Oops, Result
from taskrunner.node.values import Message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

TERM = """{badmatch,
                              {error,
                               {failed_connect,
                                [{to_address,{"localhost",6363}},
                                 {inet,[inet],econnrefused}]}}}"""


def _compute(context: Context, base: Message, request: Message) -> Result:
    words = "the process runs on a legacy compute unit (genesis-wasm@1.0), and there is none"
    hint = "spawn with execution-device lua@5.3a, or stack@1.0 and a wasm image"
    raise Oops(TERM, failure=Failure("MOD-NODE-NO-CU", words, hint=hint))


DEVICES = {"genesis-wasm@1.0": Device("genesis-wasm@1.0", {"compute": _compute})}
