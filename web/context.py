"""Objects that the handlers of one app share: settings, searcher, metrics, logs."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app
from flask import request as asked

from search.assist.query_log import QueryLog
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from web.metrics import Metrics
from web.pool import Pool
from web.settings import WebSettings

_HERE = Path(__file__).parent
_KEY = "souwen"
# What the script of the pages sends when nobody has pressed a key to search.
TYPING = "X-Typing"


@dataclass(frozen=True, slots=True)
class Context:
    """Objects that the handlers share. `versions` has a digest of each static file, by its name; `opened` is
    closed with the app."""

    settings: WebSettings
    searcher: Searcher
    metrics: Metrics
    versions: dict[str, str] = field(default_factory=lambda: _versions())
    opened: ExitStack = field(default_factory=ExitStack)
    query_log: QueryLog | None = None
    downloads: Pool = field(default_factory=Pool)

    def search(self, request: SearchRequest) -> Results:
        """Runs and counts a search. It is logged, too, unless it has filters, is a later page, or was sent
        while typing."""
        results = self.searcher.search(request)
        self.metrics.searched(results)
        alone = request == SearchRequest(request.query, size=request.size, sort=request.sort)
        if self.query_log and alone and request.query.strip() and TYPING not in asked.headers:
            self.query_log.record(request.query, results.total)
        return results

    def close(self) -> None:
        """Closes all files, once no request is in progress."""
        self.opened.close()
        self.searcher.close()


def context() -> Context:
    """The context of the current app."""
    return cast(Context, current_app.extensions[_KEY])


def _versions() -> dict[str, str]:
    folder = _HERE / "static"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path.read_bytes()) for path in files}


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=6).hexdigest()
