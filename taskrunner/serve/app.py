"""The dashboard's HTTP: three files, two kinds of JSON, and a stream that says when to look again.

Every request must name this machine as Host, come from no foreign Origin, and carry the token of this run, which the
first URL brings and a cookie keeps. Nothing here writes.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from taskrunner.backends.http import Refused, bind, check_caller, url_of
from taskrunner.errors import TaskrunnerError
from taskrunner.serve import view

if TYPE_CHECKING:
    from taskrunner.project import Workspace

COOKIE = "taskrunner"
STEP = 0.4  # seconds between two looks at the journal
TYPES = {"index.html": "text/html", "app.js": "text/javascript", "loop.js": "text/javascript", "style.css": "text/css"}
HEADERS = {
    "content-security-policy": "default-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def make_app(workspace: Workspace, token: str) -> Starlette:
    """The application for one workspace; `token` is what a browser must bring."""

    async def index(request: Request) -> Response:
        if "token" in request.query_params:
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
            return answer
        return static("index.html")

    async def asset(request: Request) -> Response:
        return static(request.path_params["name"])

    async def overview(_: Request) -> Response:
        return await _json(partial(view.overview, workspace))

    async def detail(request: Request) -> Response:
        return await _json(partial(view.detail, workspace, request.path_params["task"]))

    async def stream(request: Request) -> Response:
        return StreamingResponse(changes(workspace, request), media_type="text/event-stream", headers=HEADERS)

    routes = [
        Route("/", index),
        Route("/api/overview", overview),
        Route("/api/task/{task}", detail),
        Route("/api/changes", stream),
        Route("/{name}", asset),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(Guard, token=token)
    return app


class Guard:
    """Refuses foreign hosts and origins, and whoever does not bring the token."""

    def __init__(self, app: Any, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self.refusal(request)
        await (refusal or self.app)(scope, receive, send)

    def refusal(self, request: Request) -> Response | None:
        """Why a request is not answered, or None."""
        try:
            check_caller([(name.lower(), value) for name, value in request.headers.items()])
        except Refused as refused:
            return PlainTextResponse(refused.text, refused.status)
        brought = request.cookies.get(COOKIE) or request.query_params.get("token") or ""
        if not hmac.compare_digest(brought.encode(), self.token.encode()):
            return PlainTextResponse(
                "Open the address that `taskrunner serve` printed: it carries this run's token.", 403
            )
        return None


def static(name: str) -> Response:
    """One of the page's own files."""
    if name not in TYPES:
        return PlainTextResponse("There is no such page.", 404)
    text = files("taskrunner.serve").joinpath("static", name).read_text(encoding="utf-8")
    return Response(text, media_type=TYPES[name], headers=HEADERS)


async def _json(make: Callable[[], dict[str, Any]]) -> Response:
    try:
        data = await run_in_threadpool(make)
    except TaskrunnerError as error:
        return JSONResponse({"error": error.to_json()}, 404, HEADERS)
    return JSONResponse(data, headers=HEADERS)


async def changes(workspace: Workspace, request: Request) -> AsyncIterator[str]:
    """`data: SEQ` whenever the journal or tasks.json has changed; a comment now and then keeps the line open."""
    seen: tuple[int, int] | None = None
    quiet = 0
    while not await request.is_disconnected():
        now = await run_in_threadpool(partial(_stamp, workspace, seen[0] if seen else 0))
        if now != seen:
            seen, quiet = now, 0
            yield f"data: {json.dumps(now[0])}\n\n"
        quiet += 1
        if quiet % 25 == 0:
            yield ": still here\n\n"
        await asyncio.sleep(STEP)


def _stamp(workspace: Workspace, last: int) -> tuple[int, int]:
    from taskrunner.project import Journal

    with Journal(workspace) as journal:
        last = max([last, *(event.seq for event in journal.events(after=last))])
    try:
        return last, (workspace.root / "tasks.json").stat().st_mtime_ns
    except OSError:
        return last, 0


def run(workspace: Workspace, port: int, ready: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT; `ready` gets the URL that carries the token."""
    import uvicorn

    token = secrets.token_urlsafe(24)
    listener = bind("127.0.0.1", port)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            ready(f"{url_of(listener)}/?token={token}")

    config = uvicorn.Config(make_app(workspace, token), log_level="error", timeout_graceful_shutdown=1)
    Server(config).run(sockets=[listener])
