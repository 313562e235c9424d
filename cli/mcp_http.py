"""MCP over streamable HTTP, with the password as a token."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

import anyio.to_thread
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.settings import WebSettings

PATH = "/mcp"
# Bytes of a request; connections and requests answered at a time.
_MAX_BODY, _MOST = 65_536, 256
# Wrong tokens in so many seconds, from all clients; beyond it no token is looked at but the known one.
MAX_GUESSES, _GUESS_SECONDS = 10, 60.0
_OWN = ("127.0.0.1", "localhost", "[::1]")


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections at an address. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=512)


def serve(server: MCPServer[None], listening: socket.socket, settings: WebSettings) -> None:
    """Answers until Ctrl-C or SIGTERM. Sessions are not kept: each request stands for itself."""
    names = settings.allowed_hosts.replace(",", " ").split()
    is_own = listening.getsockname()[0] in ("127.0.0.1", "::1")
    hosts = [*(_OWN if is_own or names else ()), *names]
    application: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=_MAX_BODY,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=bool(hosts) and "*" not in hosts,
            allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
            allowed_origins=[
                f"{scheme}://{form}"
                for host in hosts
                for form in (host, f"{host}:*")
                for scheme in ("http", "https")
            ],
        ),
    )
    if settings.password:
        application = Guard(application, settings.password)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        http=Prompt,
        limit_concurrency=_MOST,
        timeout_keep_alive=Prompt.seconds,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listening])


class Prompt(H11Protocol):
    """HTTP/1.1 that ends a connection whose request, the first or the next, isn't there as a whole after
    `seconds`. uvicorn waits without end for headers and bodies that drip."""

    seconds = 12
    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Takes a connection."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives up a connection."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Goes on to the next request of the connection."""
        self._deadline.cancel()
        self._await_request()
        super().on_response_complete()

    def _await_request(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self._end)

    def _end(self) -> None:
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self.transport.close()


class Guard:
    """Lets requests with the password as their bearer token through (RFC 6750). A hash of it is compared
    once: the right token is remembered as a digest. `clock` is in seconds."""

    def __init__(
        self, application: ASGIApp, password: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._application = application
        self._password = password
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known = b""
        self._guesses: deque[float] = deque(maxlen=MAX_GUESSES)
        self._checking = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; 401 or 429 to one without the token."""
        if scope["type"] == "http":
            status = await self._refusal(scope)
            if status:
                headers = {401: {"WWW-Authenticate": 'Bearer realm="souwen"'}, 429: {"Retry-After": "60"}}
                message = {
                    401: "the password is required: Authorization: Bearer PASSWORD.",
                    429: "too many wrong passwords were sent. Try again in a minute.",
                }
                answer = JSONResponse({"error": message[status]}, status, headers[status])
                await answer(scope, receive, send)
                return
        await self._application(scope, receive, send)

    async def _refusal(self, scope: Scope) -> int:
        """The status of a request that is refused; 0 for one with the token."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            return 401
        return await anyio.to_thread.run_sync(self._check, token.strip())

    def _check(self, token: bytes) -> int:
        if self._is_known(token):
            return 0
        with self._checking:
            if self._is_known(token):
                return 0
            if len(self._guesses) == MAX_GUESSES and self._clock() - self._guesses[0] < _GUESS_SECONDS:
                return 429
            if self._is_right(token):
                self._known = self._digest(token)
                return 0
            self._guesses.append(self._clock())
            return 401

    def _is_known(self, token: bytes) -> bool:
        return hmac.compare_digest(self._digest(token), self._known)

    def _digest(self, token: bytes) -> bytes:
        return hmac.digest(self._key, token, "sha256")

    def _is_right(self, token: bytes) -> bool:
        if not self._password.startswith(("scrypt:", "pbkdf2:")):
            return hmac.compare_digest(token, self._password.encode())
        from werkzeug.security import check_password_hash

        return check_password_hash(self._password, token.decode("utf-8", "replace"))
