"""What a failing start of real HyperBEAM means: its last words, each with the fault that they stand for.

The one place that knows what rebar3, Erlang and HyperBEAM print. The first row that fits decides.
"""

from __future__ import annotations

import re

from taskrunner.errors import EnvironmentFault

NEEDED_OTP = 27

# (what the log says, code, sentence, hint)
WORDS: tuple[tuple[str, str, str, str], ...] = (
    (
        r"eaddrinuse|address already in use",
        "ENV-PORT-TAKEN",
        "another program took the port before HyperBEAM could",
        "run again; another port is tried",
    ),
    (
        r"requires? (?:at least )?(?:OTP|Erlang)[^\n]*|OTP release (?:1\d|2[0-6])\b[^\n]*|minimum_otp_vsn[^\n]*",
        "ENV-OTP-OLD",
        f"this Erlang/OTP is older than {NEEDED_OTP}",
        f"install OTP {NEEDED_OTP}; HyperBEAM does not build on older ones",
    ),
    (
        r"escript: (?:command )?not found|erl: (?:command )?not found|env: [^\n]*escript[^\n]*No such file",
        "ENV-ERLANG",
        "Erlang is missing",
        f"install Erlang/OTP {NEEDED_OTP}, or use the embedded node (the default)",
    ),
    (
        r"Compilation failed|Compiling \S+ failed|===> [^\n]*failed to compile|make: \*\*\*[^\n]*|cmake[^\n]*not found",
        "ENV-NODE-START",
        "HyperBEAM does not compile",
        "build it by hand in its clone (`rebar3 compile`), as its documentation says, then run again",
    ),
    (
        r"enoent[^\n]*\.json|priv_key_location[^\n]*|\{badmatch,\{error,enoent\}\}",
        "ENV-WALLET-MISSING",
        "HyperBEAM does not find its wallet",
        "run `taskrunner doctor`; it names the wallet and its place",
    ),
)


def diagnose(log: str, how: str, file: str) -> EnvironmentFault:
    """The fault that a start which failed like `how` ("it ended with exit code 1") and printed `log` stands for."""
    for pattern, code, sentence, hint in WORDS:
        match = re.search(pattern, log, re.IGNORECASE)
        if match:
            words = " ".join(match[0].split())[:160]
            return EnvironmentFault(f"{sentence}: {how}, saying `{words}`", code=code, file=file, hint=hint)
    last = next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "nothing")
    return EnvironmentFault(
        f"HyperBEAM does not start: {how}; its last words are `{last[:160]}`",
        code="ENV-NODE-START",
        file=file,
        hint="read that file; start it by hand in its clone with the same command to see more",
    )
