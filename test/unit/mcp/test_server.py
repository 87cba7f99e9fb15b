"""The MCP server, driven by the package's own client over stdio, as an agent would."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from taskrunner.project import init_workspace

Work = Callable[[ClientSession], Awaitable[None]]
TOOLS = {
    "next_task",
    "run_task",
    "get_status",
    "get_brief",
    "explain_failure",
    "get_log",
    "mutate",
    "escalate",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    init_workspace(tmp_path / "w")
    return tmp_path / "w"


def drive(root: Path, work: Work) -> None:
    async def main() -> None:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "taskrunner.mcp", "--root", str(root)], env=dict(os.environ)
        )
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            await work(session)

    anyio.run(main)


async def call(session: ClientSession, tool: str, **arguments: Any) -> Any:
    answer = await session.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


def test_the_tools_have_schemas_and_take_no_secrets(workspace: Path) -> None:
    async def work(session: ClientSession) -> None:
        tools = (await session.list_tools()).tools
        assert {tool.name for tool in tools} == TOOLS
        for tool in tools:
            assert tool.output_schema and tool.description
            names = " ".join(tool.input_schema.get("properties", {}))
            assert not any(word in names for word in ("jwk", "wallet", "key", "secret"))

    drive(workspace, work)


def test_status_brief_log_and_explanations(workspace: Path) -> None:
    async def work(session: ClientSession) -> None:
        assert (await call(session, "next_task"))["task"]["id"] == 1
        status = await call(session, "get_status")
        assert [task["status"] for task in status["tasks"]] == ["pending"] * len(status["tasks"])
        assert (await call(session, "get_brief", task=1))["text"] == ""
        assert (await call(session, "get_log", task=1))["events"] == []
        page = await call(session, "explain_failure", code="mod-lua-syntax")
        assert page["code"] == "MOD-LUA-SYNTAX" and page["page"].startswith("# MOD-LUA-SYNTAX")

    drive(workspace, work)


def test_a_run_answers_with_the_brief(workspace: Path) -> None:
    async def work(session: ClientSession) -> None:
        outcome = await call(session, "run_task", task=1)
        assert (outcome["exit_code"], outcome["state"]) == (1, "fix")
        assert outcome["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
        assert "not implemented" in outcome["brief"]
        assert (await call(session, "get_brief", task="1"))["text"] == outcome["brief"]
        assert (await call(session, "next_task"))["task"]["status"] == "in_progress"
        kinds = [event["kind"] for event in (await call(session, "get_log", task=1))["events"]]
        assert kinds[0] == "started" and "fixable" in kinds

    drive(workspace, work)


def test_an_agent_can_ask_a_person(workspace: Path) -> None:
    async def work(session: ClientSession) -> None:
        await call(session, "run_task", task=1)
        asked = await call(session, "escalate", task=1, reason="which address is the treasury?")
        assert asked["status"] == "blocked"
        task = (await call(session, "get_status"))["tasks"][0]
        assert task["status"] == "blocked"
        assert task["rule"]["reason"] == "which address is the treasury?"

    drive(workspace, work)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_brief", {"task": 99}, "INPUT-TASK-UNKNOWN"),
        ("explain_failure", {"code": "NO-SUCH-CODE"}, "INPUT-CODE"),
        ("mutate", {"task": 1}, "INPUT-MUTATE-MISSING"),
    ],
)
def test_errors_carry_code_and_next_step(workspace: Path, tool: str, arguments: dict[str, Any], words: str) -> None:
    async def work(session: ClientSession) -> None:
        answer = await session.call_tool(tool, arguments)
        assert answer.is_error
        assert words in answer.content[0].text and "Next:" in answer.content[0].text

    drive(workspace, work)


def test_resources_are_plan_tasks_and_failure_pages(workspace: Path) -> None:
    async def work(session: ClientSession) -> None:
        uris = {str(resource.uri) for resource in (await session.list_resources()).resources}
        assert uris == {"taskrunner://plan", "taskrunner://tasks", "taskrunner://failures"}
        tasks = await session.read_resource("taskrunner://tasks")
        assert json.loads(tasks.contents[0].text)["tasks"][0]["id"] == 1
        page = await session.read_resource("taskrunner://failures/TEST-LOCKED")
        assert page.contents[0].text.startswith("# TEST-LOCKED")

    drive(workspace, work)


def test_over_http_foreign_hosts_and_origins_are_refused(workspace: Path) -> None:
    import subprocess

    command = [sys.executable, "-m", "taskrunner.mcp", "--http", "--root", str(workspace)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            url = server.stderr.readline().split()[-1]
            hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            accept = {"accept": "application/json, text/event-stream"}
            foreign = httpx.post(url, json=hello, headers={**accept, "host": "evil.example"})
            assert foreign.status_code in (403, 421)
            other = httpx.post(url, json=hello, headers={**accept, "origin": "https://evil.example"})
            assert other.status_code == 403
        finally:
            server.terminate()
            server.wait(10)
