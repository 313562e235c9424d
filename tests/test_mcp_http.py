"""The HTTP side of the door for assistants: requests that drip, and tokens that are guessed."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from werkzeug.security import generate_password_hash

from cli.mcp_http import MAX_GUESSES, Guard, Prompt

PASSWORD = "漂浮的图书馆"


class Hurried(Prompt):
    seconds = 1


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n{",
        b"GET /mcp HTTP/1.1\r\nHost: a\r\n\r\nGET",  # the first is answered
    ],
    ids=["nothing", "headers", "body", "next"],
)
def test_requests_that_drip_are_ended(begun: bytes) -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def work() -> None:
        config = uvicorn.Config(application, lifespan="off", timeout_keep_alive=60)
        config.load()
        state = uvicorn.server.ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Hurried(config, state, {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(begun)

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.2)

        dripping = asyncio.create_task(drip())
        with anyio.fail_after(20):
            answer = await reader.read()
        dripping.cancel()
        assert answer[:12] == (b"HTTP/1.1 200" if b"GET" in begun else b"")
        writer.close()
        server.close()

    anyio.run(work)


class Asked:
    """A guard before an application that takes everything."""

    def __init__(self, password: str) -> None:
        self.now = 0.0
        self.guard = Guard(self._application, password, lambda: self.now)

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def __call__(self, token: str) -> int:
        """The status of the answer to a request with a token."""
        statuses: list[int] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        headers = [(b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers}
        anyio.run(self.guard, scope, receive, send)
        return statuses[0]


@pytest.mark.parametrize(
    "password", [PASSWORD, generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")], ids=["plain", "hash"]
)
def test_who_guesses_waits(password: str) -> None:
    ask = Asked(password)
    assert ask(PASSWORD) == 200
    for _ in range(MAX_GUESSES):
        assert ask("falsch") == 401
    assert ask("falsch") == 429
    assert ask(PASSWORD) == 200  # that was known before
    other = Asked(password)
    for _ in range(MAX_GUESSES):
        other("falsch")
    assert other(PASSWORD) == 429
    other.now = 61.0
    assert other(PASSWORD) == 200
