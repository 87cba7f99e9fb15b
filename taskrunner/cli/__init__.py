"""The command line: one table of commands, each in a file of its own that is imported only when it is asked for.

Commands are thin: they read arguments, call one room and choose an exit code through `exits`. This file imports
nothing heavy, so that `taskrunner --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence

# name: (module with a click command called `command`, the line that --help shows, its group there)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("taskrunner.cli.init", "Make a workspace: tasks.json, plan.md and the folders.", "Start"),
    "new": ("taskrunner.cli.new", "Add a module: its section in plan.md and its task.", "Start"),
    "doctor": ("taskrunner.cli.doctor", "Say what this machine has, lacks, and how to get it.", "Start"),
    "plan": ("taskrunner.cli.plan", "Show plan.md as taskrunner understands it.", "Work"),
    "list": ("taskrunner.cli.list", "List the tasks.", "Work"),
    "run": ("taskrunner.cli.run", "Take a task from its plan to done.", "Work"),
    "watch": ("taskrunner.cli.watch", "Run again whenever a file changes.", "Work"),
    "status": ("taskrunner.cli.status", "Where every task stands, and why.", "Look"),
    "brief": ("taskrunner.cli.brief", "The one failure to fix now, on one page.", "Look"),
    "log": ("taskrunner.cli.log", "What happened to a task, iteration by iteration.", "Look"),
    "explain": ("taskrunner.cli.explain", "What a failure code means and how to fix it.", "Look"),
    "resume": ("taskrunner.cli.resume", "Go on with an escalated task.", "Decide"),
    "retry": ("taskrunner.cli.retry", "Start an escalated task's counters afresh and run it.", "Decide"),
    "skip": ("taskrunner.cli.skip", "Leave a task blocked and take the next one.", "Decide"),
    "unlock": ("taskrunner.cli.unlock", "Allow changes to a locked suite.", "Decide"),
    "restore": ("taskrunner.cli.restore", "Bring files back as they were at an iteration.", "Decide"),
    "mutate": ("taskrunner.cli.mutate", "Break the module on purpose and see whether its suite notices.", "Prove"),
    "lua": ("taskrunner.cli.lua", "Check, run and measure Lua as production runs it.", "Prove"),
    "wasm": ("taskrunner.cli.wasm", "Check wasm images as production does.", "Prove"),
    "node": ("taskrunner.cli.node", "Start the embedded node, replay and record traffic.", "Prove"),
    "deploy": ("taskrunner.cli.deploy", "Send a proved module to a node.", "Send"),
    "console": ("taskrunner.cli.console", "Talk to a process: send, eval, inspect, step.", "Send"),
    "wallet": ("taskrunner.cli.wallet", "Make and show wallets.", "Send"),
    "mcp": ("taskrunner.cli.mcp", "Serve this workspace to a coding agent.", "Share"),
    "serve": ("taskrunner.cli.serve", "Show this workspace in a browser.", "Share"),
    "skill": ("taskrunner.cli.skill", "Teach coding agents how to work here.", "Share"),
    "config": ("taskrunner.cli.config", "Show the settings and where each comes from.", "Keep"),
    "completion": ("taskrunner.cli.completion", "Let bash, zsh or fish complete commands and task ids.", "Keep"),
    "clean": ("taskrunner.cli.clean", "Remove what runs left behind.", "Keep"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: run one command and leave with its exit code."""
    from taskrunner.cli.shell import leave

    leave(arguments)
