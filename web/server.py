"""The server: granian runs the application in one or several processes.

Python runs one thread at a time, so a process uses one core. granian reads and writes HTTP outside of
Python: slow and idle connections hold no thread, and a request reaches the application when its headers
are complete. It replaces a process that ends. On Ctrl-C and SIGTERM it stops all of them after the
requests in progress. docs/architecture.md compares it with other servers.
"""

from __future__ import annotations

import gc
import itertools
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import InputError, SouwenError
from index.processes import when_parent_ends
from web.settings import WebSettings

# The first process answers nothing itself, and imports no more than it needs: the others wait for it.
if TYPE_CHECKING:
    from multiprocessing.synchronize import Semaphore

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The environment variable by which prometheus-client learns where processes keep their counts.
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

# Of each process: requests answered at a time, and open connections.
_THREADS = 24
_CONNECTIONS = 4096
# Answers after which a connection is closed where there are several processes: connections spread anew.
_ANSWERS = 20
# Bytes that are read of a request before its body: what is over the limit in web/gate.py gets a sentence, but
# for the largest.
_MAX_HEAD = 32_768
# Milliseconds for the headers of a request, also for those of the next one on an open connection. What is in
# web/connections.py comes before, and says so.
_HEADER_TIMEOUT = 12_000
# Seconds to finish answers in, once the server is told to stop.
_GRACE = 5
# Seconds until then in which requests are still read from open connections.
_QUIET = 0.2
# Seconds between two looks whether a process listens.
_LOOK = 0.02


def serve(
    host: str, port: int, settings: WebSettings, processes: int, announce: Callable[[str, int], None]
) -> None:
    """Serves requests until Ctrl-C or SIGTERM.

    `announce` gets address and port as soon as requests are answered. Port 0 stands for any free one.
    Raises InputError where the address can't be listened on, and SettingsError for a log that can't be
    written.
    """
    from granian import Granian
    from granian.http import HTTP1Settings

    class Server(Granian):  # type: ignore[misc, valid-type]  # one of two classes, by the build of Python
        def shutdown(self, exit_code: int = 0) -> None:
            """Stops the processes after they have read the requests of open connections."""
            logging.disable(logging.ERROR)  # Ctrl-C reaches the processes, too: their end is expected
            time.sleep(_QUIET)
            super().shutdown(exit_code)

    _check_logs(settings)
    with closing(_reserve(host, port)) as reserved:
        address, port = reserved.getsockname()[:2]
        with _shared_counts(settings) if processes > 1 else nullcontext():
            # A fork would copy threads half-way, and is not available everywhere.
            multiprocessing.set_start_method("spawn", force=True)
            loaded = multiprocessing.Semaphore(0)

            def announce_all() -> None:
                for _ in range(processes):
                    loaded.acquire()
                _wait_until_open(address, port)
                announce(address, port)

            server = Server(
                "souwen",
                address=address,
                port=port,
                interface="wsgi",
                http="1",
                workers=processes,
                blocking_threads=_THREADS,
                backpressure=_allow_connections(),
                http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT, max_buffer_size=_MAX_HEAD),
                respawn_failed_workers=True,
                workers_kill_timeout=_GRACE,
                log_level="error",
            )
            threading.Thread(target=announce_all, daemon=True).start()
            server.serve(target_loader=partial(_load, settings, port, processes, loaded), wrap_loader=False)


def _check_logs(settings: WebSettings) -> None:
    """Opens the logs once, so that an error is reported here and not by each process."""
    if settings.access_log:
        from web.access_log import AccessLog

        AccessLog(settings.access_log).close()
    if settings.query_log:
        from search.assist.query_log import QueryLog

        QueryLog(Path(settings.query_log), settings.query_log_days).close()


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that reserves the address for the processes, without listening. On Linux each process has a
    listening socket of its own (SO_REUSEPORT), so the kernel alone would let a second server share the
    port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()  # fails where another server listens
        reserved = socket.socket(family)
        if sys.platform == "linux":
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        else:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((host, port))
    except OSError as error:
        raise InputError(
            "can't listen on {host}:{port}: {reason}. Choose another port: {command}",
            host=host,
            port=port,
            reason=error.strerror or error,
            command="souwen serve --port 8001",
        ) from None
    return reserved


def _allow_connections() -> int:
    """The connections that a process may have open, each of which is a file. Raises the limit of open files
    as far as that takes (it is often 1,024)."""
    if sys.platform == "win32":
        return _CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # the system may have a limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _CONNECTIONS if soft == resource.RLIM_INFINITY else min(_CONNECTIONS, soft // 2)


@contextmanager
def _shared_counts(settings: WebSettings) -> Iterator[None]:
    """A folder for the metrics and the counts of the processes while they run."""
    with tempfile.TemporaryDirectory(prefix="souwen-metrics-", ignore_cleanup_errors=True) as counts:
        os.environ[SHARED_DIRECTORY] = counts
        if settings.rate_limit or settings.password:
            from web.counts import COUNTS_FILE, SharedStorage

            SharedStorage(Path(counts, COUNTS_FILE)).close()
        yield


def _wait_until_open(address: str, port: int) -> None:
    """Returns when a connection is accepted; a process listens shortly after it has loaded."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        with closing(socket.socket(family)) as trying:
            if trying.connect_ex((address, port)) == 0:
                return
        time.sleep(_LOOK)


def _load(settings: WebSettings, port: int, processes: int, loaded: Semaphore) -> WSGIApplication:
    """The application, loaded and warmed up, in a server process."""
    from search.request import SearchRequest
    from web.app import create_app
    from web.connections import Counted, Watch
    from web.context import Context
    from web.proxies import TrustedProxies

    when_parent_ends(_end)
    app = create_app(settings)
    context: Context = app.extensions["souwen"]
    Finalize(None, context.close, exitpriority=0)
    with suppress(SouwenError):  # each request will say so
        context.searcher.search(SearchRequest("搜文"))  # opens the index and loads the dictionary
    gc.collect()
    gc.freeze()  # what is there now stays: no need to look through it again and again
    counted = Counted(_closing_connections(app) if processes > 1 else app, _THREADS)
    Watch(port, TrustedProxies(settings.trusted_proxy).__contains__, counted.may_wait).start()
    loaded.release()
    return _named(counted)


def _end() -> None:
    if counts := os.environ.get(SHARED_DIRECTORY):
        shutil.rmtree(counts, ignore_errors=True)  # the parent may have been killed
    os.kill(os.getpid(), signal.SIGTERM)


def _closing_connections(app: WSGIApplication) -> WSGIApplication:
    """The application, with every 20th response closing its connection. Otherwise a few persistent
    connections could keep one process busy while others are idle."""
    count = itertools.count(1)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if next(count) % _ANSWERS == 0:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *more)

        return app(environ, start)

    return answer


def _named(app: WSGIApplication) -> WSGIApplication:
    """The application, whose answers don't tell by which server they were sent."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Server", "souwen")], *more)

        return app(environ, start)

    return answer
