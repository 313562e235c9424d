"""Requests of one address at a time: two thirds of the threads, so that nobody can keep all of them busy."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from search.serialize import error_json
from web.proxies import MANY, limited_unit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Requests of one address that a process answers at a time, of its 24: an office behind one address, or a
# proxy that is not named, has as many at once.
MOST = 16
_SENTENCE = f"{MOST} requests of this address are being answered. Try again when one has ended."


class Fair:
    """Middleware that refuses further requests of an address at once, before anything else is done for them:
    those that wait for a thread behind them come soon."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._addresses: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get(MANY):
            return self._app(environ, start_response)
        unit = limited_unit(environ.get("REMOTE_ADDR", ""))
        with self._lock:
            if self._addresses[unit] >= MOST:
                return _refuse(environ, start_response)
            self._addresses[unit] += 1
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._leave(unit)
            raise
        return Closing(answer, lambda: self._leave(unit))

    def _leave(self, unit: str) -> None:
        with self._lock:
            self._addresses[unit] -= 1
            if not self._addresses[unit]:
                del self._addresses[unit]


class Closing:
    """An answer that says when it has ended, once."""

    def __init__(self, parts: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._parts = parts
        self._ended: Callable[[], None] | None = ended

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Close the answer."""
        ended, self._ended = self._ended, None
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            if ended:
                ended()


def _refuse(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    is_api = environ.get("PATH_INFO", "").startswith("/api/")
    body = json.dumps(error_json("too_many_requests", _SENTENCE)) if is_api else _SENTENCE
    kind = "application/json" if is_api else "text/plain; charset=utf-8"
    headers = [
        ("Content-Type", kind), ("Content-Length", str(len(body))), ("Retry-After", "1"),
        ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"),
    ]  # fmt: skip
    start_response("429 Too Many Requests", headers)
    return [body.encode()]
