"""httpsig@1.0, structured@1.0, flat@1.0: the codecs as devices; `to` writes, `from` reads, `commit` signs.

in    {"n": 1}  ~structured@1.0 to      out  {"ao-types": 'n="integer"', "n": "1"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message, public
from taskrunner.wire import VerificationError, structured, verify_message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _to(context: Context, base: Message, request: Message) -> Result:
    plain = {key: value for key, value in public(base).items() if key not in ("device", "commitments")}
    return ok(structured.encode(plain))


def _from(context: Context, base: Message, request: Message) -> Result:
    return ok(structured.decode({key: value for key, value in public(base).items() if key != "device"}))


def _verify(context: Context, base: Message, request: Message) -> Result:
    try:
        return ok(bool(verify_message(public(base))))
    except VerificationError:
        return ok(False)


_KEYS = {"to": _to, "from": _from, "verify": _verify}
DEVICES = {name: Device(name, _KEYS) for name in ("httpsig@1.0", "structured@1.0", "flat@1.0")}
