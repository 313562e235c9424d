"""Bounds on connections, at a server whose clock is ours."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

import pytest

from web.connections import Bounds, Counted, Watch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at TCP_INFO")

BOUNDS = Bounds(
    connections=3, connections_of_proxy=6, header_seconds=10, patience=10, slowest=100, answer_seconds=60
)


@dataclass
class Server:
    """A listening socket, its watch, and both sides of its connections."""

    listening: socket.socket
    opened: ExitStack
    now: float = 0.0
    waiting: set[str] = field(default_factory=set)
    proxies: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        port = self.listening.getsockname()[1]
        self.watch = Watch(
            port, self.proxies.__contains__, self.waiting.__contains__, BOUNDS, lambda: self.now
        )

    def connect(self, address: str = "127.0.0.2", sent: bytes = b"") -> tuple[socket.socket, socket.socket]:
        """A client's side of a connection, and the server's."""
        client = socket.create_connection(
            self.listening.getsockname(), timeout=30, source_address=(address, 0)
        )
        accepted, _ = self.listening.accept()
        self.opened.enter_context(closing(client))
        self.opened.enter_context(closing(accepted))
        if sent:
            client.sendall(sent)
            accepted.recv(1000)
        accepted.setblocking(False)
        return client, accepted

    def after(self, seconds: float) -> None:
        """Look once more, this much later."""
        self.now += seconds
        self.watch.look()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers nothing."""
    with ExitStack() as opened:
        yield Server(opened.enter_context(socket.create_server(("127.0.0.1", 0))), opened)


def _is_open(accepted: socket.socket) -> bool:
    try:
        return accepted.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_a_request_that_does_not_come_in_is_told(server: Server) -> None:
    client, accepted = server.connect(sent=b"GET / HT")
    server.after(0)
    server.after(9.5)
    assert _is_open(accepted)
    server.after(1)
    answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"\r\n\r\na request has 10 seconds to come in.\n")
    assert not _is_open(accepted)


def test_a_request_that_waits_for_its_answer_goes_on(server: Server) -> None:
    _, accepted = server.connect(sent=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    server.waiting.add("127.0.0.2")
    server.after(0)
    server.after(20)
    assert _is_open(accepted)
    accepted.send(b"HTTP/1.1 200 OK\r\n\r\n")
    server.waiting.clear()
    server.after(20)
    assert _is_open(accepted)


@pytest.mark.parametrize(("is_proxy", "most"), [(False, 3), (True, 6)])
def test_an_address_has_so_many_connections(server: Server, is_proxy: bool, most: int) -> None:
    server.proxies |= {"127.0.0.2"} if is_proxy else set()
    sides = []
    for _ in range(most + 2):
        sides.append(server.connect())
        server.now += 1
        if len(sides) <= most:
            server.watch.look()
    _, other = server.connect("127.0.0.3")
    server.after(0)
    assert [_is_open(accepted) for _, accepted in sides] == [True] * most + [False] * 2
    assert _is_open(other)
    assert sides[-1][0].recv(1000).startswith(b"HTTP/1.1 429 Too Many Requests\r\n")


@pytest.mark.parametrize("how", ["not at all", "slowly", "for ever"])
def test_an_answer_has_to_be_read(server: Server, how: str) -> None:
    client, accepted = server.connect()
    if how != "for ever":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)

    def send() -> None:
        with suppress(BlockingIOError):
            while True:
                accepted.send(b"x" * 10_000)

    server.after(0)
    send()
    server.after(1)
    ended = 0
    for _ in range(8):
        if how == "slowly":
            client.recv(50)
        if how == "for ever":
            for _ in range(50):
                client.recv(10_000)
            send()
        server.after(10)
        if not _is_open(accepted):
            break
        ended += 1
    assert ended == (6 if how == "for ever" else 0)


def test_an_answer_that_was_read_is_no_slow_one(server: Server) -> None:
    client, accepted = server.connect()
    for _ in range(8):
        accepted.send(b"x" * 1000)
        client.recv(1000)
        server.after(10)
    assert _is_open(accepted)


def test_other_sockets_are_left_alone(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        clients = [socket.create_connection(other.getsockname()) for _ in range(5)]
        accepted = [other.accept()[0] for _ in clients]
        server.after(0)
        server.after(100)
        for side in accepted:
            side.setblocking(False)
            assert _is_open(side)
        for side in [*clients, *accepted]:
            side.close()


def test_requests_in_progress_are_known_until_their_answer_ends() -> None:
    def failing(environ: object, start: object) -> list[bytes]:
        raise ValueError

    start: Callable[..., object] = lambda *_: None  # noqa: E731
    counted = Counted(lambda environ, start: [b"x"], threads=2)
    answers = [counted({"REMOTE_ADDR": name}, start) for name in "ab"]  # type: ignore[arg-type]
    assert [counted.may_wait(name) for name in "abc"] == [True, True, True]
    for answer in answers[:1] * 2:  # ended once, however often it is closed
        answer.close()  # type: ignore[attr-defined]
    assert [counted.may_wait(name) for name in "abc"] == [False, True, False]
    counted = Counted(failing, threads=2)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        counted({"REMOTE_ADDR": "a"}, start)  # type: ignore[arg-type]
    assert not counted.may_wait("a")
