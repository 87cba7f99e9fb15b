"""Deploy a process and talk to it in one line each, in the manner of the JavaScript SDK's AO class.

    ao = AO(hb=hbeam.hb)                                   # or AO(hb="http://localhost:10001").init(jwk)
    deployed = ao.deploy(src_data=source, fills={"NAME": "Counter"})
    counter = deployed.p
    counter.m("Inc", {"Amount": "5"})                      # the answer's data
    counter.m("Get", get=True)                             # the same as JSON

Modes: `lua` is HyperAOS on lua@5.3a, `aos` is AOS in wasm, `legacy` a process of a legacy compute unit. Messages that a
slot sends to other processes are pushed in the background, as in production; `settle()` waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from taskrunner.client.boot import find_boot, find_image
from taskrunner.client.errors import NodeError
from taskrunner.client.fields import find
from taskrunner.client.hb import HB
from taskrunner.client.patterns import holds, messages_of, parsed, pick
from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.client.process import Process

MODES = ("lua", "aos", "legacy")


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to one message. `out` is what `get` named, `err` says what went wrong (None: nothing).

    `failure` is our own node's account of an error: message, and file and line of the script.
    """

    pid: str
    mid: int | None
    res: Any = None
    out: Any = None
    err: str | None = None
    failure: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A process that was spawned and loaded; `err` says which step failed (None: none)."""

    pid: str
    p: Process
    res: Any = None
    err: str | None = None

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class AO:
    """An SDK on one node. `hb` is a client, a URL, or anything with a client as `.hb`; `boot` as in `find_boot`."""

    def __init__(
        self, hb: Any = None, *, mode: str = "lua", boot: str = "auto", root: Path | None = None, push: bool = True
    ) -> None:
        if mode not in MODES:
            raise InputError(f"there is no mode {mode!r}", code="INPUT-AO-MODE", hint=f"modes: {', '.join(MODES)}")
        if hb is None:
            raise InputError("AO needs a node", code="INPUT-AO-NODE", hint="AO(hb=hbeam.hb) or AO(hb='http://...')")
        self.hb: HB = HB(url=hb) if isinstance(hb, str) else getattr(hb, "hb", hb)
        self.mode = mode
        self.boot = find_boot(boot, root)
        self._root = root
        self._push = push
        self._module: str | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._pushes: list[Future[None]] = []

    def init(self, jwk: Any) -> Self:
        """Sign with this wallet (a JWK or a `wire.Wallet`)."""
        self.hb.init(jwk)
        return self

    # -- processes

    def p(self, pid: str) -> Process:
        """The handle of a process that exists."""
        from taskrunner.client.process import Process

        return Process(self, pid)

    def spwn(self, tags: Mapping[str, Any] | None = None, *, module: str | None = None, data: Any = None) -> str:
        """Spawn a process of this mode; its id."""
        if self.mode == "aos":
            if module is None and self.hb.image is None:
                self.hb.image = self.hb.cache_binary(find_image(self._root))
            return str(self.hb.spawn_aos(module, tags)["pid"])
        if self.mode == "legacy":
            return str(self.hb.spawn_legacy(module, tags, data)["pid"])
        if module is None and self.boot.needs_authority:
            tags = {"authority": self.hb.operator, **(tags or {})}
        return str(self.hb.spawn_lua(module or self._cached_boot(), tags)["pid"])

    def _cached_boot(self) -> str:
        """The boot's id on the node, which keeps it from the first spawn on."""
        if self._module is None:
            self._module = self.hb.cache_script(self.boot.source)
        return self._module

    def deploy(
        self,
        src_data: str | None = None,
        *,
        loads: Sequence[str | Mapping[str, Any]] = (),
        fills: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        module: str | None = None,
        file: str = "",
    ) -> Deployed:
        """Spawn a process and let it evaluate sources: `src_data`, then each of `loads`.

        A load is a text, or `{"src_data", "fills", "file"}`. `<NAME>` in a source becomes `fills["NAME"]`; `file` is
        what errors call it. A source that fails ends the deployment; `err` says why.
        """
        sources = [] if src_data is None else [(src_data, fills, file)]
        for each in loads:
            if isinstance(each, str):
                sources.append((each, fills, ""))
            else:
                sources.append((str(each["src_data"]), each.get("fills"), str(each.get("file", ""))))
        pid = self.spwn(tags, module=module)
        process = self.p(pid)
        answer = None
        for source, values, name in sources:
            answer = self.load(pid, source, values, file=name)
            if answer.err is not None:
                return Deployed(pid, process, answer.res, answer.err)
        return Deployed(pid, process, answer.res if answer else None)

    def load(self, pid: str, src_data: str, fills: Mapping[str, Any] | None = None, *, file: str = "") -> Sent:
        """Evaluate a source with its places filled; errors on our own node then name `file`."""
        for name, value in (fills or {}).items():
            src_data = src_data.replace(f"<{name}>", str(value))
        if file and hasattr(self.hb.transport, "name_source"):
            self.hb.transport.name_source(src_data, file)
        return self.eval(pid, src_data)

    def eval(self, pid: str, data: str) -> Sent:
        """Let the process run Lua; `out` is the text that it printed or returned."""
        sent = self.msg(pid, "Eval", data=data)
        output = find(sent.res, "output")
        out = find(output, "data") if isinstance(output, Mapping) else find(sent.res, "data")
        return Sent(sent.pid, sent.mid, sent.res, out, sent.err, sent.failure)

    # -- messages

    def msg(
        self,
        pid: str,
        act: str | None = None,
        tags: Mapping[str, Any] | None = None,
        *,
        data: Any = None,
        get: Any = False,
        check: Any = None,
        jwk: Any = None,
    ) -> Sent:
        """Send a message, read its slot, start the pushes. An error of the process is `err`, never an exception."""
        hb = self.hb if jwk is None else HB(url=self.hb.url, jwk=jwk, transport=self.hb.transport)
        scheduled = hb.schedule_lua(pid, act, tags, data)
        mid = int(scheduled["slot"])
        sent = self.res(pid, mid, get=get, check=check)
        if self._push and messages_of(sent.res):
            self._start_push(pid, mid)
        return sent

    def res(self, pid: str, mid: int, *, get: Any = False, check: Any = None) -> Sent:
        """The answer of a slot that was scheduled before."""
        try:
            results = self._results(pid, mid)
        except NodeError as error:
            return Sent(pid, mid, err=error.message, failure=error.failure)
        failure = self.hb.caught
        return Sent(pid, mid, results, pick(results, get), placed(error_of(results, check), failure), failure)

    def _results(self, pid: str, mid: int) -> Any:
        if self.mode == "legacy":
            return self.hb.compute_legacy(pid, mid)
        return self.hb.compute_lua(pid, mid)

    def dry(
        self, pid: str, act: str, tags: Mapping[str, Any] | None = None, *, data: Any = None, get: Any = False
    ) -> Sent:
        """Ask without a message. Only legacy processes can; elsewhere INPUT-AO-DRY says what to do instead."""
        if self.mode != "legacy":
            raise InputError(
                f"a process of mode {self.mode!r} has no dry runs",
                code="INPUT-AO-DRY",
                hint="send the message with m(), or read the state: v(), or hb.compute at the latest slot",
            )
        results = self.hb.dryrun(pid=pid, action=act, tags=dict(tags or {}), data=data)
        return Sent(pid, None, results, pick(_legacy(results), get))

    def var(self, pid: str, data: str, *, json: bool = True) -> Any:
        """The value of a Lua expression in the process, read through an Eval; as JSON, else as text."""
        source = f'return require(".json").encode({data})' if json else f"return tostring({data})"
        sent = self.eval(pid, source)
        if sent.err is not None:
            raise InputError(
                f"{data} cannot be read: {sent.err}", code="INPUT-AO-VAR", hint="is it a global, and JSON?"
            )
        return parsed(sent.out) if json else sent.out

    def wait(self, pid: str) -> Sent:
        """Until the process answers for its slot 0."""
        return self.res(pid, 0)

    # -- pushes

    def _start_push(self, pid: str, slot: int) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="push")
        self._pushes.append(self._pool.submit(self._deliver, pid, slot))

    def _deliver(self, pid: str, slot: int) -> None:
        self.hb.get_text(f"/{pid}/push", slot=slot)

    def settle(self) -> None:
        """Wait until everything that was pushed so far has been delivered; raises what a push raised."""
        while self._pushes:
            self._pushes.pop(0).result()


def error_of(results: Any, check: Any = None) -> str | None:
    """Why an answer is no success: an error of the process, or a check that does not hold."""
    output = find(results, "output")
    told = find(output, "error") if isinstance(output, Mapping) else find(results, "error")
    if told:
        return str(told)
    shown = str(find(output, "data", "")) if isinstance(output, Mapping) else ""
    if "error:" in shown and "\x1b[31m" in shown:
        return shown.partition("error:")[2].replace("\x1b[0m", "").strip()
    return None if holds(results, check) else "check failed"


def placed(words: str | None, failure: Mapping[str, Any] | None) -> str | None:
    """An error's words with the place in the script, where the node knows it."""
    if words is None or not failure or not failure.get("file"):
        return words
    return f"{failure['file']}:{failure.get('line')}: {words}"


def _legacy(results: Any) -> dict[str, Any]:
    """A legacy answer's Messages in the form of an outbox."""
    found = []
    for message in find(results, "Messages", []) or []:
        tags = {str(tag["name"]): tag["value"] for tag in message.get("Tags", [])}
        found.append({**tags, "data": message.get("Data"), "target": message.get("Target")})
    return {"outbox": found}
