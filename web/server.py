"""The server: one or several processes that answer on one listening socket.

Python runs one thread at a time, so a process has the use of one core. Several take connections from the
same socket, whoever is free; they share nothing else. The first process answers nothing itself: it puts a
new one in the place of one that was killed or told to end, and ends them all when it is told to.
"""

from __future__ import annotations

import gc
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
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from index.errors import SouwenError
from index.settings import Settings
from search.assist.query_log import QueryLog
from web.access_log import AccessLog
from web.metrics import SHARED_DIRECTORY

_log = logging.getLogger("souwen")

_THREADS = 8
_CONNECTIONS = 500
# On one connection, where there are other processes.
_ANSWERS = 20
# Bytes of a request before its body: three times the longest query, percent-encoded.
_MAX_HEAD = 32_768
# Seconds to finish answers in, once the server is told to end; and without a word of a client until it is
# taken to have no more to ask.
_GRACE = 5.0
_QUIET = 0.2


def serve(listening: socket.socket, settings: Settings, processes: int) -> None:
    """Answers until Ctrl-C or SIGTERM; what was asked before is answered first.

    Raises SouwenError where a process gives up by itself: another would, too.
    """
    # What is wrong with these would be an error of each process else.
    if settings.access_log:
        AccessLog(settings.access_log).close()
    if settings.query_log:
        QueryLog(Path(settings.query_log), settings.query_log_days).close()
    if processes == 1:
        _answer(listening, settings, alone=True)
        return
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells have what runs behind them ignore it
    with tempfile.TemporaryDirectory(prefix="souwen-metrics-", ignore_cleanup_errors=True) as counts:
        os.environ[SHARED_DIRECTORY] = counts
        _answer_together(listening, settings, processes)


def _answer_together(listening: socket.socket, settings: Settings, processes: int) -> None:
    # A fork would copy threads half-way, and is not to be had everywhere.
    context = multiprocessing.get_context("spawn")
    running: dict[int, SpawnProcess] = {}
    try:
        while True:
            while len(running) < processes:
                process = context.Process(target=_answer_for, args=(listening, settings), daemon=True)
                process.start()
                running[process.sentinel] = process
            for sentinel in wait(list(running)):
                assert isinstance(sentinel, int)
                process = running.pop(sentinel)
                process.join()  # until its status is known
                ended = f"a process of the server ended with status {process.exitcode}"
                if process.exitcode is None or process.exitcode > 0:
                    raise SouwenError(f"{ended}; what it wrote says why.")
                _log.warning("%s; another takes its place.", ended)  # by a signal
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()  # theirs take in who has come by now, and nobody else comes
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.join(2 * _GRACE)


def _end(*_: object) -> None:
    sys.exit(0)


def _answer_for(listening: socket.socket, settings: Settings) -> None:
    """One of several processes. Ctrl-C reaches all of them, and is for the first to obey."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _answer(listening, settings, alone=False)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    shutil.rmtree(os.environ[SHARED_DIRECTORY], ignore_errors=True)  # it may have been killed
    os.kill(os.getpid(), signal.SIGTERM)


def _answer(listening: socket.socket, settings: Settings, *, alone: bool) -> None:
    from waitress import wasyncore
    from waitress.channel import HTTPChannel
    from waitress.server import BaseWSGIServer, create_server

    from search.request import SearchRequest
    from web.app import create_app
    from web.context import Context

    is_ending = threading.Event()

    class Channel(HTTPChannel):
        """A connection. Where there are other processes, it ends after some answers: the next one goes to
        whichever is free. Else one of them could have all that are busy, for as long as they last."""

        answers_left = 0 if alone else _ANSWERS

        def service(self) -> None:
            self.answers_left -= 1
            if self.answers_left == 0 or is_ending.is_set():
                request = self.requests[0]
                request.headers = {**request.headers, "CONNECTION": "close"}
            super().service()

        def is_busy(self) -> bool:
            """Whether there is something to answer or to send, or may be in a moment."""
            has_spoken = time.time() - self.last_activity < _QUIET
            return bool(has_spoken or self.requests or self.request or self.total_outbufs_len)

    # It warns of every request that waits for a thread, which is what the queue is for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(settings)
    context: Context = app.extensions["souwen"]
    open_sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=open_sockets,
        sockets=[listening],
        threads=_THREADS,
        ident=None,
        # People keep connections open that they don't use; select() could not look at so many.
        connection_limit=_CONNECTIONS,
        asyncore_use_poll=True,
        max_request_header_size=_MAX_HEAD,
        clear_untrusted_proxy_headers=False,  # the app decides whose to believe
    )
    assert isinstance(server, BaseWSGIServer)  # as for any one socket
    server.channel_class = Channel

    def end(number: int, _: object) -> None:
        is_ending.set()
        signal.signal(number, signal.SIG_DFL)  # who insists need not wait
        server.pull_trigger()  # it may be waiting for something to happen

    signal.signal(signal.SIGTERM, end)
    if alone:
        signal.signal(signal.SIGINT, end)
    with suppress(SouwenError):  # each request will say so
        context.searcher.search(SearchRequest("搜文"))  # opens the index and loads the dictionary
    gc.collect()
    gc.freeze()  # what is there now stays: no need to look through it again and again

    def turn(seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=open_sockets, count=1, use_poll=True)

    def connections() -> list[Channel]:
        return [s for s in open_sockets.values() if isinstance(s, Channel)]

    while not is_ending.is_set():
        turn(1.0)
    known = -1
    while known != len(open_sockets):  # who has come by now
        known = len(open_sockets)
        server.handle_accept()
    wasyncore.dispatcher.close(server)  # the listening socket only
    turn(0)
    until = time.monotonic() + _GRACE
    while (channels := connections()) and time.monotonic() < until:
        for channel in channels:
            if not channel.is_busy():
                channel.handle_close()
        turn(0.02)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(open_sockets)
    context.close()
