"""The handle of one process: short names for what is done all day. Everything goes through its AO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.client.ao import AO, Sent

Tags = Mapping[str, Any]


class Process:
    """One process; `id` is its id. `m`, `d`, `r` and `v` give only what was asked for, the long forms everything."""

    def __init__(self, ao: AO, pid: str) -> None:
        self.ao = ao
        self.id = pid

    @property
    def pid(self) -> str:
        """The id, under its other name."""
        return self.id

    def msg(self, action: str, tags: Tags | None = None, get: Any = False, **more: Any) -> Sent:
        """Send a message; the whole answer. Keywords: `check`, `data`, `jwk`."""
        return self.ao.msg(self.id, action, tags, get=get, **more)

    def m(self, action: str, tags: Tags | None = None, get: Any = False, **more: Any) -> Any:
        """Send a message; what `get` names in the answer (default: its data). ProcessError if it failed."""
        return self._out(self.msg(action, tags, get, **more), action)

    def dry(self, action: str, tags: Tags | None = None, get: Any = False, **more: Any) -> Sent:
        """Ask without a message (legacy processes only)."""
        return self.ao.dry(self.id, action, tags, get=get, **more)

    def d(self, action: str, tags: Tags | None = None, get: Any = False, **more: Any) -> Any:
        """As `dry`, only what `get` names."""
        return self.dry(action, tags, get, **more).out

    def res(self, mid: int, *, get: Any = False, check: Any = None) -> Sent:
        """The answer of an earlier slot."""
        return self.ao.res(self.id, mid, get=get, check=check)

    def r(self, mid: int, *, get: Any = False, check: Any = None) -> Any:
        """As `res`, only what `get` names."""
        return self._out(self.res(mid, get=get, check=check), f"slot {mid}")

    def var(self, expression: str, *, json: bool = True) -> Any:
        """The value of a Lua expression in the process."""
        return self.ao.var(self.id, expression, json=json)

    v = var

    def load(self, src_data: str, fills: Mapping[str, Any] | None = None, *, file: str = "") -> Sent:
        """Evaluate a source with its places filled; errors on our own node then name `file`."""
        return self.ao.load(self.id, src_data, fills, file=file)

    def eval(self, data: str) -> Sent:
        """Let the process run Lua."""
        return self.ao.eval(self.id, data)

    def settle(self) -> None:
        """Wait until what was sent so far has been delivered."""
        self.ao.settle()

    def _out(self, sent: Sent, what: str) -> Any:
        if sent.err is not None:
            from taskrunner.client.errors import ProcessError

            raise ProcessError(what, sent.err, sent.res, sent.failure)
        return sent.out

    def __repr__(self) -> str:
        return f"<process {self.id}>"
