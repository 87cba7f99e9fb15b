"""The MCP server: tools that work on one workspace, and its plan, tasks and failure pages as resources.

Each tool is one call into the runner or the journal and answers a shape of `shapes`. A run holds its task like a run of
the command line, so a person and an agent never work on the same task at once. Errors are answered with their code and
hint; wallets, keys and environment variables are never among parameters or answers.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings

from taskrunner import __version__
from taskrunner.errors import InputError, TaskrunnerError
from taskrunner.mcp import shapes
from taskrunner.project import Workspace
from taskrunner.runner import pages, run_task, standing

INSTRUCTIONS = """taskrunner takes HyperBEAM modules from a plan to proof.
Call next_task, then run_task. If it answers with exit_code 1, read the brief, change the one thing that it names, and
call run_task again. Only run_task writes a status; never edit tasks.json, .taskrunner/ or a locked suite."""


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors of ours become the tool's answer: sentence, code and next step."""
    try:
        yield
    except TaskrunnerError as error:
        hint = f" Next: {error.hint}." if error.hint else ""
        raise ToolError(f"{error.code}: {error}.{hint}") from error


def build(root: Path) -> MCPServer[Any]:
    """The server for the workspace around `root`; the workspace is read afresh by each call."""
    server: MCPServer[Any] = MCPServer("taskrunner", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
    _add_reading(server, root)
    _add_working(server, root)
    _add_resources(server, root)
    return server


def _row(workspace: Workspace, task: Any) -> shapes.TaskRow:
    return shapes.TaskRow.model_validate(standing.standing(workspace, task))


def _add_reading(server: MCPServer[Any], root: Path) -> None:
    @server.tool()
    def next_task() -> shapes.Next:
        """The task to work on now: one in progress, else the first pending one."""
        with _told():
            workspace = Workspace.find(root)
            task = standing.next_task(workspace)
            if task is None:
                return shapes.Next(task=None, what_to_do="every task is done or blocked; see get_status")
            return shapes.Next(task=_row(workspace, task), what_to_do=f"call run_task with task={task.id!r}")

    @server.tool()
    def get_status() -> shapes.Status:
        """Every task and where it stands."""
        with _told():
            workspace = Workspace.find(root)
            return shapes.Status(tasks=[_row(workspace, task) for task in workspace.tasks()])

    @server.tool()
    def get_brief(task: shapes.TaskId) -> shapes.Brief:
        """The one failure of a task to fix now, on one page; empty text if there is nothing to fix."""
        with _told():
            workspace = Workspace.find(root)
            known = workspace.task(task)
            found = standing.brief(workspace, known.id) or {}
            return shapes.Brief(task=known.id, text=str(found.get("text", "")), facts=dict(found.get("json") or {}))

    @server.tool()
    def explain_failure(code: str) -> shapes.Page:
        """What a failure code such as MOD-LUA-NO-COMPUTE means, how we know and how to fix it."""
        from taskrunner.core.codes import CODES

        with _told():
            name = code.upper()
            page, known = pages.page_of(name), CODES.get(name)
            if page is None or known is None:
                raise InputError(
                    f"there is no code {name!r}", code="INPUT-CODE", hint="the resource taskrunner://failures lists all"
                )
            return shapes.Page(code=name, title=known.title, hint=known.hint, page=page)

    @server.tool()
    def get_log(task: shapes.TaskId, after: int = 0, last: int = 100) -> shapes.Log:
        """What happened to a task, oldest first: at most `last` events after event number `after`."""
        with _told():
            workspace = Workspace.find(root)
            known = workspace.task(task)
            found = standing.events(workspace, known.id, after)[-max(1, min(last, 1000)) :]
            return shapes.Log(task=known.id, events=[shapes.Event.model_validate(event) for event in found])


def _add_working(server: MCPServer[Any], root: Path) -> None:
    @server.tool(name="run_task")
    def run(task: shapes.TaskId) -> shapes.Outcome:
        """Run a task as far as it goes: writes what is missing, runs its suite, classifies the first failure.

        Writes no code of yours. After a fix, call it again: first the failed test runs, then all, then the proof.
        """
        with _told():
            workspace = Workspace.find(root)
            known = workspace.task(task)
            outcome = run_task(workspace, known.id)
            text = str((outcome.brief or {}).get("text", ""))
            return shapes.Outcome(
                task=known.id,
                state=str(outcome.state),
                exit_code=outcome.exit_code,
                verdict=outcome.verdict,
                failure=outcome.failure,
                brief=text,
                next=list(outcome.next),
            )

    @server.tool()
    def mutate(task: shapes.TaskId) -> shapes.Mutants:
        """Break the task's module on purpose, in many small ways: which of them does its suite not notice?"""
        from taskrunner.runner.mutating import mutate_task

        with _told():
            workspace = Workspace.find(root)
            known = workspace.task(task)
            return shapes.Mutants.model_validate({"task": known.id, **mutate_task(workspace, known.id)})

    @server.tool()
    def escalate(task: shapes.TaskId, reason: str) -> shapes.Escalated:
        """Ask a person: the task is blocked with your reason until somebody resumes, retries or skips it."""
        from taskrunner.runner import ask_person

        with _told():
            workspace = Workspace.find(root)
            known = workspace.task(task)
            ask_person(workspace, known.id, reason)
            commands = [f"taskrunner {verb} {known.id}" for verb in ("resume", "retry", "skip")]
            return shapes.Escalated(task=known.id, status="blocked", reason=reason, next=commands)


def _add_resources(server: MCPServer[Any], root: Path) -> None:
    @server.resource("taskrunner://plan", mime_type="text/markdown")
    def plan() -> str:
        """plan.md as it stands."""
        return (Workspace.find(root).root / "plan.md").read_text(encoding="utf-8")

    @server.resource("taskrunner://tasks", mime_type="application/json")
    def tasks() -> str:
        """tasks.json as it stands."""
        return (Workspace.find(root).root / "tasks.json").read_text(encoding="utf-8")

    @server.resource("taskrunner://failures", mime_type="text/markdown")
    def failures() -> str:
        """Every failure code with its meaning."""
        from taskrunner.core.codes import CODES

        return "\n".join(f"- {code.name}: {code.title}" for code in CODES.values())

    @server.resource("taskrunner://failures/{code}", mime_type="text/markdown")
    def failure(code: str) -> str:
        """The page of one failure code."""
        return pages.page_of(code.upper()) or f"There is no page for {code!r}."


def serve_stdio(root: Path) -> None:
    """Serve over standard input and output until the input ends."""
    build(root).run("stdio")


def serve_http(root: Path, port: int) -> None:
    """Serve over HTTP on loopback at `/mcp`; foreign Host and Origin headers are refused. Prints the URL to stderr."""
    import socket

    import uvicorn

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()  # whoever reads the URL may connect at once
        chosen = listener.getsockname()[1]
        names = [f"{host}:{chosen}" for host in ("127.0.0.1", "localhost")]
        guard = TransportSecuritySettings(allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names])
        app = build(root).streamable_http_app(transport_security=guard)
        print(f"taskrunner-mcp at http://127.0.0.1:{chosen}/mcp", file=sys.stderr, flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
