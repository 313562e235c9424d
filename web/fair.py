"""Requests of one address at a time: two thirds of the threads, so that nobody can keep all of them busy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from search.serialize import error_json
from web.in_progress import Closing, InProgress
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
        self._in_progress = InProgress()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get(MANY):
            return self._app(environ, start_response)
        unit = limited_unit(environ.get("REMOTE_ADDR", ""))
        if not self._in_progress.begin(unit, MOST):
            return _refuse(environ, start_response)
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._in_progress.end(unit)
            raise
        return Closing(answer, lambda: self._in_progress.end(unit))


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
