"""json-iface@1.0: hands a message to a wasm image as JSON, and reads its answer (PROTOCOL §11.4, aos-NOTES).

in    pass 1, {"body": {"action": "Inc"}}        out   {"function": "handle", "parameters": [MESSAGE, PROCESS]}
in    pass 2, {"results": {"wasm": {"output": [POINTER], "type": ok}}}
out   {"results": {"outbox": {"1": {...}}, "data": "1", "patches": [], "wasm": {...}}}
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from taskrunner.node import jsontext
from taskrunner.node.aos2 import legacy
from taskrunner.node.devices import Device
from taskrunner.node.devices.wasm64 import ERROR, crash, live, prefix, with_results
from taskrunner.node.results import Failure, Oops, Result, ok
from taskrunner.node.terms import term
from taskrunner.node.values import PRIVATE, Message
from taskrunner.wasm import Instance, MemoryFault, Trap, WasmError
from taskrunner.wire import Atom, unsigned_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

BADMATCH = Atom("badmatch")
NO_JSON = b"JSON error parsing result output."
NO_RUN = b"WASM execution error."
_FILTERED = frozenset({"from-process", "from-image", "anchor", "tags"})


def _compute(context: Context, base: Message, request: Message) -> Result:
    number = base.get("pass")
    if number == 1:
        return _prepare(context, base, request)
    return _collect(context, base) if number == 2 else ok(base)


def _init(context: Context, base: Message, request: Message) -> Result:
    return ok({**base, "function": b"handle"})


# Pass 1


def _prepare(context: Context, base: Message, request: Message) -> Result:
    instance = live(context, base)
    message, process = request.get("body"), base.get("process")
    private = base[PRIVATE]
    if "process-json" not in private:  # a process never changes
        private["process-json"] = process_json(process if isinstance(process, dict) else {})
    height = request.get("block-height")
    texts = (message_json(message if isinstance(message, dict) else {}, base, height), private["process-json"])
    return ok({**base, "function": b"handle", "parameters": [_write(instance, one) for one in texts]})


def message_json(message: Message, base: Message, height: Any) -> bytes:
    """What `handle` gets first: keys sorted, no blanks, tags in Header-Case."""
    fields = _struct(message)
    image = base.get("process", {}).get("image", Atom("not_found"))
    return jsontext.encode(
        {
            **fields,
            "Module": image,
            "Block-Height": Atom("not_found") if height is None else height,
            "Signature": _signature(message),
        }
    )


def process_json(process: Message) -> bytes:
    """What `handle` gets second."""
    return jsontext.encode({"Process": _struct(process)})


def _struct(message: Message) -> Message:
    data = message.get("data", b"")
    return {**legacy(message), "Data": data if isinstance(data, (bytes, dict, list)) else jsontext.encode(data)}


def _signature(message: Message) -> bytes:
    entries = message.get("commitments")
    for entry in entries.values() if isinstance(entries, dict) else ():
        if isinstance(entry, dict) and "committer" in entry and isinstance(entry.get("signature"), bytes):
            signature: bytes = entry["signature"]
            return signature
    return b""


def _write(instance: Instance, text: bytes) -> int:
    """A text with a NUL in the image's memory. Production's words for each way in which that fails."""
    try:
        pointer = int((instance.call("malloc", [len(text) + 1]) or [0])[0])
    except Trap as trap:
        raise crash(term((BADMATCH, (ERROR, trap.message, {}))), trap) from None
    except WasmError as error:
        raise crash("killed", error) from None
    if pointer == 0:
        words = f"malloc answered 0 when asked for {len(text) + 1} bytes"
        raise Oops("{badmatch,{error,malloc_failed}}", failure=Failure("MOD-WASM-MALLOC", words, function="malloc"))
    try:
        instance.memory.write(pointer, text + b"\0")
    except MemoryFault as fault:
        raise crash(term((BADMATCH, (ERROR, fault.message))), fault) from None
    return pointer


# Pass 2


def _collect(context: Context, base: Message) -> Result:
    outcome = base.get("results", {}).get(prefix(base), {})
    if outcome.get("type") == ERROR:
        trap = base[PRIVATE].get("trap")
        words = f"handle ended with {outcome.get('output')}"
        detail = trap.detail if isinstance(trap, Trap) else ""
        code = trap.code if isinstance(trap, Trap) else "MOD-WASM-TRAP"
        hint = f"in {detail}" if detail else ""
        return _failed(with_results(base, {"body": NO_RUN}), Failure(code, words, function="handle", hint=hint))
    text = _read(live(context, base), outcome.get("output"))
    try:
        answer = _decode(text)
    except ValueError as error:
        shown = text[:120].decode("utf-8", "replace")
        words = f"handle's answer is no JSON ({error}): {shown!r}" if text else "handle's answer is an empty text"
        failure = Failure("MOD-WASM-JSON", words, function="handle", hint='answer {"ok":true,"response":{...}}')
        return _failed(with_results(base, {"body": NO_JSON}), failure)
    results = _results(answer, base)
    if context.node.dialect == "2025-06" and not results["outbox"]:
        # this node forgot its own note in an empty outbox, and put the origin into that
        note = {"hashpath": f"{unsigned_id(base.get('process', {}))}/outbox".encode()}
        results["outbox"] = {"priv": {**note, **_origin(base.get("process", {}))}}
    return ok(with_results(base, results))


def _read(instance: Instance, output: Any) -> bytes:
    if not isinstance(output, list) or len(output) != 1 or not isinstance(output[0], int):
        words = f"handle gave {len(output) if isinstance(output, list) else 0} results instead of one pointer"
        raise Oops("function_clause", failure=Failure("MOD-WASM-SIGNATURE", words, function="handle"))
    try:
        return instance.memory.read_string(output[0])
    except MemoryFault as fault:
        oops = crash(term((BADMATCH, (ERROR, fault.message))), fault)
        words = f"handle's pointer {output[0]} leads past the memory that the node sees ({instance.memory.size} bytes)"
        oops.failure = Failure("MOD-WASM-POINTER", words, function="handle")
        raise oops from None


def _decode(text: bytes) -> Any:
    """JSON as OTP reads it: UTF-8, no NaN, no lone surrogates, nothing behind the value."""
    decoded = json.loads(text.decode("utf-8"), parse_constant=_no_constant)
    return _rich(decoded)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _rich(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, list):
        return [_rich(item) for item in value]
    if isinstance(value, dict):
        return {key: _rich(item) for key, item in value.items()}
    return Atom("null") if value is None else value


def _results(answer: Any, base: Message) -> Message:
    if not (isinstance(answer, dict) and answer.get("ok") is True and "response" in answer):
        words = 'handle\'s answer is not {"ok":true,"response":{...}}'
        raise Oops(term((Atom("try_clause"), answer)), failure=Failure("MOD-WASM-ANSWER", words, function="handle"))
    response = answer["response"]
    if isinstance(response, bytes):
        try:
            response = _decode(response)
        except ValueError:
            raise Oops(
                "invalid_json", failure=Failure("MOD-WASM-ANSWER", "the response is text that is no JSON")
            ) from None
    data, messages, patches = _parts(response)
    process = base.get("process", {})
    outbox = {str(number): _message(one, process) for number, one in enumerate(messages, 1)}
    return {"outbox": outbox, "patches": [_tags(one) for one in patches], "data": data}


def _parts(response: Any) -> tuple[Any, list[Any], list[Any]]:
    if isinstance(response, dict):
        output = response.get("Output")
        if isinstance(output, dict) and "data" in output:
            return output["data"], _list(response, "Messages"), _list(response, "patches")
        if "Error" in response:
            return response["Error"], [], []
    words = "the response has neither Output.data nor Error"
    failure = Failure("MOD-WASM-ANSWER", words, function="handle", hint='answer {"Output":{"data":"..."}}')
    raise Oops(term((Atom("invalid_results"), response)), failure=failure)


def _list(response: Message, name: str) -> list[Any]:
    found = response.get(name, [])
    if not isinstance(found, list):
        raise Oops(
            "badarg", failure=Failure("MOD-WASM-ANSWER", f"{name} in the response is no list", function="handle")
        )
    return found


def _message(one: Any, process: Message) -> Message:
    """A message of the image as it stands in the outbox: its keys in lower case, each tag a key as written."""
    fields = {key.lower(): value for key, value in _map(one).items() if key not in _FILTERED}
    return {**fields, **_tags(one), **_origin(process)}


def _origin(process: Message) -> Message:
    return {"from-process": unsigned_id(process).encode(), "from-image": process.get("image", Atom("not_found"))}


def _tags(one: Any) -> Message:
    named: Any = next((value for key, value in _map(one).items() if key.lower() == "tags"), [])
    tags = {}
    for tag in named if isinstance(named, list) else ():
        if not isinstance(tag, dict) or not {"name", "value"} <= set(tag):
            words = "a tag needs a name and a value"
            raise Oops('{badkey,<<"name">>}', failure=Failure("MOD-WASM-ANSWER", words, function="handle"))
        tags[tag["name"].decode() if isinstance(tag["name"], bytes) else str(tag["name"])] = tag["value"]
    return tags


def _map(one: Any) -> Message:
    if isinstance(one, dict):
        return one
    raise Oops("{badmap," + term(one) + "}", failure=Failure("MOD-WASM-ANSWER", "a message is no object"))


def _failed(state: Message, failure: Failure) -> Result:
    return Result("error", state, failure)


DEVICES = {"json-iface@1.0": Device("json-iface@1.0", {"init": _init, "compute": _compute})}
