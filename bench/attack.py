"""What one client can do to the others: a well-behaved reader asks while a server is attacked.

    python bench/attack.py INDEX [--seconds 20] [--only NAME …] [--house FOLDER] [--attacker 127.0.0.2]

Each attack has a server of its own with two processes, and comes from one address; the reader has another,
and asks for `/healthz` and a search in turn, ten times a second, each on a new connection. `--house` is the
folder of another version of souwen, to be run by the same Python. Printed for each attack: answers to the
reader, what failed, milliseconds (of failures too), memory of the server (RssAnon) and its open files at
their most, and the answers to the attackers, by status (`-` is a connection that ended without one, `open`
one that lasted to the end).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from werkzeug.security import generate_password_hash

_READER = "127.0.0.3"
_PASSWORD = "芝麻"
_TIMEOUT = 15.0
_QUERIES = ("北京", "经济 发展", "地铁", "公安 放管服", "大学", "新闻 2021", "技术", "人民")
_HEAD = "Host: localhost\r\nAuthorization: {}\r\n"


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"souwen:{password}".encode()).decode()


_RIGHT = _HEAD.format(_basic(_PASSWORD))


class Attacker:
    """Many connections from one address. `answered` counts what they were answered, by status."""

    def __init__(self, host: str, port: int, address: str, until: float) -> None:
        self._host, self._port, self._address, self._until = host, port, address, until
        self.answered: Counter[str] = Counter()

    def goes_on(self) -> bool:
        return time.monotonic() < self._until

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            self._host, self._port, local_addr=(self._address, 0), limit=2**16
        )

    async def status(self, reader: asyncio.StreamReader) -> None:
        """Count the status of an answer."""
        line = await reader.readline()
        self.answered[line.split()[1].decode() if line.startswith(b"HTTP/1.1 ") else "-"] += 1

    async def again(self, attack: Callable[[], Awaitable[None]]) -> None:
        """Attack until the time is over, whatever happens to a connection."""
        while self.goes_on():
            try:
                await asyncio.wait_for(attack(), max(0.1, self._until - time.monotonic()))
            except TimeoutError:
                self.answered["open"] += 1
            except OSError:
                self.answered["-"] += 1
                await asyncio.sleep(0.05)

    async def ask(self, text: str, then: Callable[..., Awaitable[None]] | None = None) -> None:
        """A request, and what is done after it; else its answer is read."""
        reader, writer = await self.open()
        try:
            writer.write(text.encode())
            await writer.drain()
            if then:
                await then(reader, writer)
            else:
                await self.status(reader)
                while await reader.read(2**16):
                    pass
        finally:
            writer.transport.abort()


def _get(path: str, head: str = _RIGHT) -> str:
    return f"GET {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n"


async def _drip(attacker: Attacker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte a second."""
    ended = asyncio.ensure_future(attacker.status(reader))
    while not ended.done():
        await asyncio.wait([ended], timeout=1)
        writer.write(b"a")
    await ended


async def _body(attacker: Attacker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As much of a gigabyte as is taken."""
    ended = asyncio.ensure_future(attacker.status(reader))
    sent = 0
    with suppress(OSError):
        while not ended.done() and sent < 10**9:
            writer.write(b"a" * 2**16)
            await writer.drain()
            sent += 2**16
            await asyncio.sleep(0)
    await ended


async def _chunks(attacker: Attacker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    ended = asyncio.ensure_future(attacker.status(reader))
    with suppress(OSError):
        while not ended.done():
            writer.write(b"10000\r\n" + b"a" * 2**16 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
    await ended


async def _unread(attacker: Attacker, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """The status is read, and nothing else."""
    await attacker.status(reader)
    await asyncio.sleep(_TIMEOUT * 4)


async def _idle(attacker: Attacker, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await attacker.status(reader)


def _guess() -> str:
    return _get(
        random.choice(["/help", "/no", "/static/no", "/metrics"]),
        _HEAD.format(_basic(str(random.random()))),
    )


def _forwarded() -> str:
    claim = f"X-Forwarded-For: 198.51.100.{random.randrange(256)}\r\n"
    return _get("/help", _RIGHT + claim)


# Name: connections, the request, and what follows it.
_DOWNLOAD = _get(f"/search.jsonl?q={quote('的')}")
_PAGE = _get(f"/search?q={quote('北京')}&size=100")
_POST = f"POST /help HTTP/1.1\r\n{_HEAD.format('x')}"
ATTACKS: dict[str, tuple[int, Callable[[], str], Callable[..., Awaitable[None]] | None]] = {
    "nobody": (0, str, None),
    "guessers": (30, _guess, None),
    "headers that drip": (1400, lambda: "GET / HTTP/1.1\r\nX-A: ", _drip),
    "idle connections": (3000, str, _idle),
    "bodies of 1 GB": (8, lambda: f"{_POST}Content-Length: 1000000000\r\n\r\n", _body),
    "bodies in chunks": (8, lambda: f"{_POST}Transfer-Encoding: chunked\r\n\r\n", _chunks),
    "downloads": (16, lambda: _DOWNLOAD, None),
    "downloads that nobody reads": (16, lambda: _DOWNLOAD, _unread),
    "pages that nobody reads": (300, lambda: _PAGE, _unread),
    "addresses that are claimed": (2, _forwarded, None),
    "a foreign name": (2, lambda: _get("/help", _RIGHT.replace("localhost", "evil.example")), None),
}
_SETTINGS = {"addresses that are claimed": {"SOUWEN_RATE_LIMIT": "100/minute"}}


def _attack(name: str, host: str, port: int, address: str, until: float, answered: object) -> None:
    """Attack in a process of its own, so that the reader's clock is right."""
    count, request, then = ATTACKS[name]
    attacker = Attacker(host, port, address, until)

    async def run() -> None:
        following = (lambda reader, writer: then(attacker, reader, writer)) if then else None
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(attacker.again(lambda: attacker.ask(request(), following)))

    asyncio.run(run())
    answered.put(attacker.answered)  # type: ignore[attr-defined]


@contextmanager
def _server(index: str, house: Path, settings: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Process and address of a server with two processes."""
    environment = os.environ | {"SOUWEN_PASSWORD": generate_password_hash(_PASSWORD)} | settings
    command = [sys.executable, "-W", "ignore", "-m", "cli", "serve", "--port", "0", "--processes", "2"]
    with subprocess.Popen(
        [*command, "--index", index], stderr=subprocess.PIPE, text=True, cwd=house, env=environment
    ) as server:
        try:
            assert server.stderr is not None
            address = next(word for line in server.stderr for word in line.split() if "http://" in word)
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield server.pid, address
        finally:
            server.terminate()


class _Sizes:
    """Memory in MB, and open files, of a process and its children, at their most; and files that were
    deleted and are still open, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.memory = self.files = self.deleted = 0

    def look(self) -> None:
        """Look once more."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        memory = files = deleted = 0
        for process in [str(self._pid), *children]:
            with suppress(OSError):
                status = Path(f"/proc/{process}/status").read_text()
                memory += int(status.partition("RssAnon:")[2].split()[0])
                for entry in Path(f"/proc/{process}/fd").iterdir():
                    files += 1
                    with suppress(OSError):
                        if str(entry.readlink()).endswith("(deleted)"):
                            deleted += entry.stat().st_size
        self.memory = max(self.memory, memory // 1024)
        self.files = max(self.files, files)
        self.deleted = max(self.deleted, deleted // 2**20)


def _read(address: str, until: float, sizes: _Sizes) -> tuple[dict[str, list[float]], int]:
    """Milliseconds of the reader's requests, by kind, and how many failed."""
    took: dict[str, list[float]] = {"/healthz": [], "search": []}
    failed = asked = 0
    looked = 0.0
    while time.monotonic() < until:
        asked += 1
        path = "/healthz" if asked % 2 else f"/api/search?q={quote(random.choice(_QUERIES))}"
        started = time.monotonic()
        connection = HTTPConnection(urlsplit(address).netloc, timeout=_TIMEOUT, source_address=(_READER, 0))
        try:
            connection.request("GET", path, headers={"Authorization": _basic(_PASSWORD)})
            answer = connection.getresponse()
            answer.read()
            failed += answer.status != 200
        except OSError:
            failed += 1
        connection.close()
        seconds = time.monotonic() - started
        took["/healthz" if asked % 2 else "search"].append(seconds * 1000)
        if time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            sizes.look()
        time.sleep(max(0, 0.1 - seconds))
    return took, failed


def _percentile(values: list[float], part: float) -> float:
    ordered = sorted(values) or [0.0]
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def main() -> None:
    """Attack, and print a row for each attack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", nargs="*", choices=list(ATTACKS), default=list(ATTACKS))
    parser.add_argument("--house", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--attacker", default="127.0.0.2", help="the address that attacks come from")
    options = parser.parse_args()
    print(
        "| attack | reader: answered, failed | /healthz p50, p99 | search p50, p99 (ms) "
        "| memory, deleted files (MB) | open files | attackers |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in options.only:
        with _server(str(Path(options.index).resolve()), options.house, _SETTINGS.get(name, {})) as (pid, at):
            sizes = _Sizes(pid)
            _read(at, time.monotonic() + 3, sizes)  # what is loaded at the first request
            until = time.monotonic() + options.seconds
            answered: multiprocessing.Queue[Counter[str]] = multiprocessing.Queue()
            place = urlsplit(at)
            arguments = (name, place.hostname, place.port, options.attacker, until, answered)
            attacker = multiprocessing.Process(target=_attack, args=arguments, daemon=True)
            attacker.start()
            time.sleep(1)
            took, failed = _read(at, until, sizes)
            statuses = answered.get(timeout=60)
            attacker.join()
        figures = [
            f"{_percentile(times, 0.5):.0f}, {_percentile(times, 0.99):.0f}" for times in took.values()
        ]
        total = sum(map(len, took.values()))
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())) or "–"
        print(
            f"| {name} | {total - failed}, {failed} | {figures[0]} | {figures[1]} "
            f"| {sizes.memory}, {sizes.deleted} | {sizes.files} | {told} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
