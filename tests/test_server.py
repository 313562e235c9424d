"""`souwen serve` as processes: they answer together, are replaced, and end together."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from archive import Archive

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc"),
    pytest.mark.slow,
]


@contextmanager
def _server(directory: Path, processes: int = 2) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-W", "ignore", "-m", "cli", "serve", "--port", "0", "--index", str(directory)]
    with subprocess.Popen(
        [*command, "--processes", str(processes)], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            address = next(word for line in server.stderr for word in line.split() if "http://" in word)
            yield server, address
        finally:
            server.kill()


def _workers(parent: int) -> set[int]:
    """The processes that answer. A child that only keeps track of resources is not one."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _answers(address: str) -> bool:
    with urlopen(f"{address}healthz", timeout=60) as answer:
        return bool(answer.status == 200)


@pytest.mark.parametrize("how", ["-9", "-TERM"])
def test_a_process_that_ends_is_replaced(archive: Archive, how: str) -> None:
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory) as (server, address):
        assert _answers(address)
        assert _soon(lambda: len(_workers(server.pid)) == 2)
        first, second = _workers(server.pid)
        subprocess.run(["kill", how, str(first)], check=True)
        assert _soon(lambda: len(_workers(server.pid) - {first}) == 2)
        assert second in _workers(server.pid)
        assert all(_answers(address) for _ in range(4))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_all_processes_end_with_the_first(archive: Archive, how: signal.Signals) -> None:
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory) as (server, address):
        assert _answers(address)
        assert _soon(lambda: len(_workers(server.pid)) == 2)
        workers = _workers(server.pid)
        server.send_signal(how)
        assert server.wait(60) == (-9 if how is signal.SIGKILL else 0)
        assert _soon(lambda: not any(map(_alive, workers)))


def test_what_is_being_answered_is_finished(archive: Archive) -> None:
    """SIGTERM comes when a long answer has begun, and has only been sent in part."""
    archive.write("long.md", "---\ntitle: long\n---\n" + "<p>很长的正文</p>" * 200_000)
    archive.sync()
    with _server(archive.directory, 1) as (server, address):
        with urlopen(f"{address}api/search?q=long", timeout=60) as found:
            path = found.read().decode().partition('"url":"')[2].partition('"')[0]
        with urlopen(f"{address}api{path}", timeout=60) as answer:
            begun = answer.read(1000)
            server.terminate()
            time.sleep(0.2)
            assert len(begun) + len(answer.read()) == int(answer.headers["Content-Length"])
        assert server.wait(60) == 0


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_was_asked_before_the_end_is_answered(
    archive: Archive, processes: int, how: signal.Signals
) -> None:
    """More requests than there are threads: some wait, some have not even been read."""
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory, processes) as (server, address), ExitStack() as kept:
        assert _answers(address)
        place = urlsplit(address).hostname, urlsplit(address).port
        asking = [kept.enter_context(socket.create_connection(place, timeout=60)) for _ in range(24)]
        for number, connection in enumerate(asking):
            connection.sendall(f"GET /search?q={number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        server.send_signal(how)
        for connection in asking:
            with closing(HTTPResponse(connection)) as answer:
                answer.begin()
                assert answer.status == 200
                assert len(answer.read()) == int(answer.headers["Content-Length"])
        assert server.wait(60) == 0


def test_a_second_server_is_refused(archive: Archive) -> None:
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory) as (_, address):
        port = str(urlsplit(address).port)
        second = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cli", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 2
        assert f"can't listen on 127.0.0.1:{port}" in second.stderr
        assert _answers(address)


def test_idle_and_slow_connections_keep_nobody_out(archive: Archive) -> None:
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory, 1) as (_, address), ExitStack() as kept:
        place = urlsplit(address).hostname, urlsplit(address).port
        for number in range(300):
            connection = kept.enter_context(socket.create_connection(place))
            connection.sendall(b"GET /search HTTP/1.1\r\nHost: localhost\r\n" if number % 2 else b"")
        assert _answers(address)


def test_an_endless_request_is_refused(archive: Archive) -> None:
    with (
        _server(archive.directory, 1) as (_, address),
        pytest.raises(HTTPError, match="431"),
    ):
        urlopen(f"{address}search?q={'a' * 100_000}")


@pytest.mark.parametrize("processes", [1, 2])
def test_connections_end_where_another_process_may_be_free(archive: Archive, processes: int) -> None:
    archive.post("a.md", "正文")
    archive.sync()
    with (
        _server(archive.directory, processes) as (_, address),
        closing(HTTPConnection(urlsplit(address).netloc, timeout=60)) as connection,
    ):
        ended = 0
        for _ in range(50):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"status":"ok"}\n')
            ended += answer.headers["Connection"] == "close"
        assert ended == (0 if processes == 1 else 2)


def test_processes_count_together(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is asked, and though one of them was killed; nothing is left when they end."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    archive.post("a.md", "正文")
    archive.sync()
    with _server(archive.directory) as (server, address):

        def counted() -> int:
            with urlopen(f"{address}metrics", timeout=60) as answer:
                found = re.search(
                    r'_count\{endpoint="health.live",status="200"\} (\d+)', answer.read().decode()
                )
            return int(found[1]) if found else 0

        def ask(times: int) -> None:
            for _ in range(times):
                urlopen(f"{address}healthz/live", timeout=60).close()

        ask(20)
        assert _soon(lambda: len(_workers(server.pid)) == 2)
        assert _soon(lambda: counted() == 20)
        first, _ = _workers(server.pid)
        subprocess.run(["kill", "-9", str(first)], check=True)
        assert _soon(lambda: len(_workers(server.pid) - {first}) == 2)
        ask(20)
        assert _soon(lambda: counted() == 40)
        assert len(list(tmp_path.glob("souwen-metrics-*"))) == 1
        server.terminate()
        assert server.wait(60) == 0
        assert not list(tmp_path.glob("souwen-metrics-*"))
