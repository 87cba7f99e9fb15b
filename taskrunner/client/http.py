"""The transport over HTTP, for any node that has a URL: one connection pool, time-outs, retries where they are safe.

Only questions (GET) are asked again, and only if no answer came: a message that may have been taken is never sent
twice. Knows httpx and no message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.client.transport import Headers, Reply
from taskrunner.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    import httpx

SECONDS = 120.0  # an ordinary slot takes a real node 0.4 s, fifty of them 5 s, an AOS image 5 s
RETRIES = 2
HINT = "is the node running, and is the URL right? `taskrunner doctor` asks it"


class HttpTransport:
    """Requests to `url` (scheme, host and port; a path in it is kept as a prefix). Close it, or use it with `with`."""

    def __init__(self, url: str, *, timeout: float = SECONDS, retries: int = RETRIES) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(f"{url!r} is no URL of a node", code="INPUT-NODE-URL", hint="e.g. http://localhost:10001")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.retries = retries
        self._client: httpx.Client | None = None

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """One request, asked again after a lost connection if it is a GET. Raises `EnvironmentFault`."""
        import httpx

        left = self.retries if method == "GET" else 0
        while True:
            try:
                return self._once(method, path, headers, body, timeout)
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as error:
                if not left:
                    raise _unreachable(self.url, error) from error
                left -= 1
            except httpx.TimeoutException as error:
                seconds = self.timeout if timeout is None else timeout
                raise EnvironmentFault(
                    f"{self.url} did not answer {method} {path.partition('?')[0]} within {seconds:g} s",
                    code="ENV-NODE-TIMEOUT",
                    hint="production has no time limit for a module: it may be in an endless loop",
                ) from error
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise _unreachable(self.url, error) from error

    def _once(self, method: str, path: str, headers: Headers, body: bytes, timeout: float | None) -> Reply:
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        limit: Any = self.timeout if timeout is None else timeout
        answer = self._open().request(method, self.url + path, headers=raw, content=body or None, timeout=limit)
        got = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers.raw)
        return Reply(answer.status_code, got, answer.content)

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            self._client = httpx.Client(follow_redirects=False, trust_env=False, headers={"user-agent": "taskrunner"})
        return self._client

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> HttpTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unreachable(url: str, error: Exception) -> EnvironmentFault:
    words = str(error) or type(error).__name__
    return EnvironmentFault(f"{url} cannot be reached: {words}", code="ENV-NODE-UNREACHABLE", hint=HINT)
