"""Bounds on connections that granian has none for: how many one address has, how long a request may take to
come in, and how slowly an answer may be read.

A thread of each process looks at its own sockets, by their descriptors, twice a second, and ends those that
are over a bound. What it needs is in the kernel's TCP_INFO, so that there is no watch but on Linux.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from web.in_progress import Closing, InProgress
from web.proxies import limited_unit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds between two looks.
_LOOK = 0.5
_DESCRIPTORS = Path("/proc/self/fd")
# Fields of struct tcp_info (linux/tcp.h) and their offsets: packets that are not acknowledged; bytes
# acknowledged and received; bytes not yet sent.
_UNACKED = struct.Struct("@24xI")
_BYTES = struct.Struct("@120xQQ8xI")
_TCP_INFO = 192
_CLOSE = struct.pack("@ii", 1, 0)  # SO_LINGER: at once, without what the other side doesn't read


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds on connections. An answer has to be read at `slowest` bytes a second at least, looked at every
    `patience` seconds, and in `answer_seconds` as a whole."""

    connections: int = 100
    connections_of_proxy: int = 1000
    header_seconds: float = 10
    patience: float = 10
    slowest: int = 1024
    answer_seconds: float = 300


@dataclass(slots=True)
class _Connection:
    """A connection since it was first seen. `waiting` and `slow` are the times since which bytes wait to be
    read by the client, as a whole and in the current span of patience; `read` is what it had read then."""

    peer: str
    since: float
    waiting: float | None = None
    slow: float = 0
    read: int = 0


class Counted:
    """Middleware that counts the requests that are being answered, by the address of the peer."""

    def __init__(self, app: WSGIApplication, threads: int) -> None:
        self._app = app
        self._threads = threads
        self._in_progress = InProgress()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        self._in_progress.begin(peer)
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._in_progress.end(peer)
            raise
        return Closing(answer, lambda: self._in_progress.end(peer))

    def may_wait(self, peer: str) -> bool:
        """True if a request of this address may be complete and not yet answered: it is being answered, or
        all threads are busy."""
        return self._in_progress.of(peer) > 0 or self._in_progress.total() >= self._threads


class Watch:
    """Looks after the connections to one port. `trusts` says which peers are proxies, whose connections are
    those of many; `may_wait` whether a request of a peer may be complete and not yet answered."""

    def __init__(
        self,
        port: int,
        trusts: Callable[[str], bool],
        may_wait: Callable[[str], bool],
        bounds: Bounds = Bounds(),  # immutable
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._trusts = trusts
        self._may_wait = may_wait
        self._bounds = bounds
        self._clock = clock
        self._known: dict[int, _Connection] = {}

    def start(self) -> None:
        """Look twice a second, in a thread of its own, until the process ends."""
        if sys.platform == "linux":
            threading.Thread(target=self._run, name="connections", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK)
            with suppress(OSError):  # of a descriptor that was closed meanwhile, or none left
                self.look()

    def look(self) -> None:
        """End the connections that are over a bound."""
        now = self._clock()
        seen: dict[int, _Connection] = {}
        of_address: defaultdict[str, list[tuple[float, int, int]]] = defaultdict(list)
        for descriptor, inode in _sockets():
            with suppress(OSError), _borrowed(descriptor, inode) as connection:
                known = self._known.get(inode)
                if known is None:
                    is_tcp = connection.family in (socket.AF_INET, socket.AF_INET6)
                    if not is_tcp or connection.getsockname()[1] != self._port:
                        continue
                    known = _Connection(connection.getpeername()[0], now)
                seen[inode] = known
                if not self._ended(connection, known, now):
                    of_address[limited_unit(known.peer)].append((known.since, inode, descriptor))
        self._known = seen
        for connections in of_address.values():
            self._bound(sorted(connections))

    def _ended(self, connection: socket.socket, known: _Connection, now: float) -> bool:
        """End a connection whose request doesn't come in, or whose answer is not read. False where it goes
        on."""
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
        [unacked] = _UNACKED.unpack_from(info)
        read, received, unsent = _BYTES.unpack_from(info)
        bounds = self._bounds
        if not (unacked or unsent):
            known.waiting = None
        elif known.waiting is None:
            known.waiting, known.slow, known.read = now, now, read
        elif now - known.waiting > bounds.answer_seconds:
            _abort(connection)
            return True
        elif now - known.slow >= bounds.patience:
            if read - known.read < bounds.slowest * bounds.patience:
                _abort(connection)
                return True
            known.slow, known.read = now, read
        late = now - known.since >= bounds.header_seconds
        if late and received and _nothing_sent(info) and not self._may_wait(known.peer):
            seconds = f"{bounds.header_seconds:g}"
            _refuse(connection, 408, "Request Timeout", f"a request has {seconds} seconds to come in.")
            return True
        return False

    def _bound(self, connections: list[tuple[float, int, int]]) -> None:
        """End the newest connections of an address that has too many."""
        trusted = self._trusts(self._known[connections[0][1]].peer)
        most = self._bounds.connections_of_proxy if trusted else self._bounds.connections
        for _, inode, descriptor in connections[most:]:
            with suppress(OSError), _borrowed(descriptor, inode) as connection:
                info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
                if _nothing_sent(info):
                    text = f"this address has more than {most} connections."
                    _refuse(connection, 429, "Too Many Requests", text)
                else:
                    connection.shutdown(socket.SHUT_RDWR)


def _sockets() -> Iterator[tuple[int, int]]:
    """Descriptors and inodes of this process's sockets."""
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208  # names are numbers
        with suppress(OSError):
            status = os.fstat(int(name))
            if stat.S_ISSOCK(status.st_mode):
                yield int(name), status.st_ino


class _borrowed:  # noqa: N801  # a context manager
    """A socket of somebody else's descriptor, of which only a copy is closed. Raises OSError where the
    descriptor has become another's."""

    def __init__(self, descriptor: int, inode: int) -> None:
        copy = os.dup(descriptor)
        if os.fstat(copy).st_ino != inode:
            os.close(copy)
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self._socket = socket.socket(fileno=copy)

    def __enter__(self) -> socket.socket:
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _nothing_sent(info: bytes) -> bool:
    [unacked] = _UNACKED.unpack_from(info)
    read, _, unsent = _BYTES.unpack_from(info)
    return bool(read <= 1 and not unacked and not unsent)  # the first byte is the handshake's


def _refuse(connection: socket.socket, status: int, phrase: str, sentence: str) -> None:
    """Answer in place of the application, and end the connection."""
    body = f"{sentence}\n".encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    connection.send(head.encode() + body, socket.MSG_DONTWAIT)
    connection.shutdown(socket.SHUT_RDWR)


def _abort(connection: socket.socket) -> None:
    """End a connection and forget what the client has not read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE)
    connection.shutdown(socket.SHUT_RDWR)
