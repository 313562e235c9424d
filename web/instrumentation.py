"""Records of answered requests, for the access log and the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, g, request


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request and its response. `query` is percent-encoded, as sent; `endpoint` is the name of the
    handler, empty for an unknown path; `size` is None for a streamed response. `seconds` end when the
    server has taken the last part of the response."""

    address: str
    method: str
    path: str
    query: str
    agent: str
    endpoint: str
    status: int
    size: int | None
    seconds: float


Observer = Callable[[RequestRecord], None]


def init_measure(app: Flask, *observers: Observer) -> None:
    """Calls the observers after every request. Call it before other `init_` functions: the handler
    registered first sees a response last."""

    def start() -> None:
        g.started = time.perf_counter()

    def watch(response: Response) -> Response:
        started: float = g.started
        address, method, path = request.remote_addr or "", request.method, request.path
        query, agent = request.query_string.decode("latin-1"), request.headers.get("User-Agent", "")
        endpoint, status, size = request.endpoint or "", response.status_code, response.content_length

        @response.call_on_close
        def tell() -> None:
            seconds = time.perf_counter() - started
            for observer in observers:
                observer(RequestRecord(address, method, path, query, agent, endpoint, status, size, seconds))

        return response

    app.before_request(start)
    app.after_request(watch)
