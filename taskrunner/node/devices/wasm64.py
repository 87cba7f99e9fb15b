"""wasm-64@1.0: runs a function of the process's image; what lasts between requests is its memory (PROTOCOL §11.4).

in    {"pass": 1, "function": "handle", "parameters": [1024, 2048], "output-prefix": "wasm"}  compute
out   {"results": {"wasm": {"type": ok, "output": [4096]}}, ...}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Oops, Result, ok
from taskrunner.node.terms import term
from taskrunner.node.values import PRIVATE, Message, as_map, text
from taskrunner.wasm import FuelExhausted, Instance, TimeExhausted, Trap, WasmError
from taskrunner.wasm import Limits as WasmLimits
from taskrunner.wire import Atom, is_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

OK, ERROR = Atom("ok"), Atom("error")
RETRY = "retry"  # in the private part: a slot that failed may be tried again, as production does
RENEW = "renew"  # in the private part: this slot is the first of a request, so the instance starts anew


def _init(context: Context, base: Message, request: Message) -> Result:
    live(context, base)
    return ok(base)


def _compute(context: Context, base: Message, request: Message) -> Result:
    if base.get("pass", 1) != 1:
        return ok(base)
    function = _first(base, request, "function")
    if function is None:
        return ok(base)
    parameters = as_map(_first(base, request, "parameters")) or {}
    kind, output = _call(live(context, base), text(function), [parameters[key] for key in parameters], base)
    return ok(with_results(base, {prefix(base): {"type": kind, "output": output}}))


def _call(instance: Instance, function: str, parameters: list[Any], base: Message) -> tuple[Atom, Any]:
    before = instance.fuel_used
    try:
        return OK, instance.call(function, parameters)
    except Trap as trap:
        base[PRIVATE]["trap"] = trap
        return ERROR, trap.message
    except (FuelExhausted, TimeExhausted) as error:
        raise crash("killed", error) from None
    finally:
        base[PRIVATE]["steps"] = instance.fuel_used - before


def live(context: Context, base: Message) -> Instance:
    """The process's running instance: started on first use, renewed at the first slot of every request."""
    private = base[PRIVATE]
    private[RETRY] = True
    instance = private.get("wasm")
    if instance is None:
        instance = private["wasm"] = _start(context, base)
        private.pop(RENEW, None)
    elif private.pop(RENEW, False):
        instance.refresh()
    assert isinstance(instance, Instance)
    return instance


def _start(context: Context, base: Message) -> Instance:
    from taskrunner.node.devices.wasi import imports

    image = image_bytes(context, base)
    try:
        limits = WasmLimits(seconds=context.node.limits.wasm_seconds)
        return Instance.start(image, imports=imports(base[PRIVATE]), limits=limits)
    except WasmError as error:
        raise crash(term((Atom("badmatch"), (ERROR, error.message))), error) from None


def image_bytes(context: Context, base: Message) -> bytes:
    """The image of the process: an id of a stored message, the bytes themselves, or a message that holds them."""
    image = as_map(base.get("process")).get("image") if isinstance(base.get("process"), dict) else None
    if isinstance(image, bytes) and is_id(text(image)):
        image = context.node.find(text(image))
        if image is None:
            words = f"there is no image {text(base['process']['image'])} on this node"
            hint = "store it first: cacheBinary (cache_binary), then spawn with its id"
            raise Oops("{badmatch,not_found}", failure=Failure("MOD-WASM-NO-IMAGE", words, hint=hint))
    if isinstance(image, dict):
        image = image.get("body", image.get("data"))
    if not isinstance(image, bytes):
        words = "the process names no image"
        failure = Failure("MOD-WASM-NO-IMAGE", words, hint="spawn with the tag `image`, an id of a cached binary")
        raise Oops('{wasm_init_error,<<"No viable image found in process/image.">>}', failure=failure)
    return image


def with_results(base: Message, changes: Message) -> Message:
    """The state with keys of `results` put over what is there."""
    results = base.get("results")
    merged = dict(results) if isinstance(results, dict) else {}
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return {**base, "results": merged}


def prefix(base: Message) -> str:
    """Under which key of the results a device of this stack writes."""
    return text(base.get("output-prefix")) or "wasm"


def crash(words: str, error: WasmError) -> Oops:
    """Production's crash for an error of the engine, with our account of it."""
    detail = f" ({error.detail})" if error.detail and error.detail != error.message else ""
    return Oops(words, failure=Failure(error.code, f"{error.message}{detail}", function="handle", hint=error.hint))


def _first(base: Message, request: Message, name: str) -> Any:
    body = request.get("body")
    for message in (body if isinstance(body, dict) else {}, request, base):
        if name in message:
            return message[name]
    return None


def _snapshot(context: Context, base: Message, request: Message) -> Result:
    return ok({"body": live(context, base).snapshot()})


def _same(context: Context, base: Message, request: Message) -> Result:
    return ok(base)


DEVICES = {
    "wasm-64@1.0": Device(
        "wasm-64@1.0", {"init": _init, "compute": _compute, "normalize": _same, "snapshot": _snapshot}
    )
}
