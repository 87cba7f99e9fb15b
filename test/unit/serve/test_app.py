"""The dashboard's HTTP: who may look, what is shown, and that nothing can be changed."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from taskrunner.project import Workspace
from taskrunner.serve import view
from taskrunner.serve.app import make_app

TOKEN = "a-token-of-this-run"


@pytest.fixture
def page(workspace: Workspace) -> TestClient:
    return TestClient(make_app(workspace, TOKEN), base_url="http://127.0.0.1:8000")


def test_the_first_url_brings_the_token_and_a_cookie_keeps_it(page: TestClient) -> None:
    assert page.get("/").status_code == 403
    answer = page.get(f"/?token={TOKEN}")
    assert answer.status_code == 200 and "<title>taskrunner</title>" in answer.text
    assert page.get("/api/overview").status_code == 200


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_foreign_hosts_and_origins_are_refused(page: TestClient, headers: dict[str, str]) -> None:
    page.get(f"/?token={TOKEN}")
    assert page.get("/api/overview", headers=headers).status_code == 403


def test_a_wrong_token_is_refused(page: TestClient) -> None:
    assert page.get("/?token=guess").status_code == 403


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/app.py", "/api/task/99", "/nothing"])
def test_there_is_nothing_else(page: TestClient, path: str) -> None:
    page.get(f"/?token={TOKEN}")
    assert page.get(path).status_code == 404


def test_nothing_can_be_posted(page: TestClient) -> None:
    page.get(f"/?token={TOKEN}")
    assert page.post("/api/task/1", json={"status": "done"}).status_code == 405


def test_the_page_asks_nobody_outside(page: TestClient) -> None:
    page.get(f"/?token={TOKEN}")
    for name in ("", "app.js", "loop.js", "style.css"):
        answer = page.get(f"/{name}")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        outside = answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in outside and "https://" not in outside


def test_a_task_is_shown_with_its_failing_line_its_brief_and_its_marks(workspace: Workspace) -> None:
    shown = view.detail(workspace, 1)
    assert (shown["loop"], shown["task"]["status"]) == ("fix", "in_progress")
    assert shown["source"]["line"] == 4
    assert shown["source"]["lines"][3] == "local wrong = 4"
    assert shown["brief"].startswith("# Task 1")
    assert shown["coverage"]["missing"] == [5]
    assert [(mark["kind"], mark["class"]) for mark in shown["marks"]] == [("failure", "module")]
    assert shown["events"][-3]["line"] == "module MOD-WRONG-REPLY: expected 3, got 4"


def test_a_failure_that_names_a_file_outside_shows_no_source(workspace: Workspace) -> None:
    task = workspace.task(1)
    assert view.source(workspace, task, {"file": "../../etc/passwd", "line": 1}) is None


def test_the_overview_counts_the_journal(workspace: Workspace) -> None:
    shown = view.overview(workspace)
    assert shown["seq"] == 9
    assert [task["id"] for task in shown["tasks"]] == [1, 2, 3]
