"""What belongs to one app: settings, searcher, and the versions of its files."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from index.settings import Settings
from search.searcher import Results, Searcher, SearchRequest
from web.metrics import Metrics

_HERE = Path(__file__).parent
_KEY = "souwen"


@dataclass(frozen=True, slots=True)
class Context:
    """What the handlers share. `versions` has a digest of each static file, by its name; `opened` is what is
    to be closed with the app."""

    settings: Settings
    searcher: Searcher
    metrics: Metrics
    versions: dict[str, str] = field(default_factory=lambda: _versions())
    opened: ExitStack = field(default_factory=ExitStack)

    def search(self, request: SearchRequest) -> Results:
        """A search that somebody asked for: it is counted."""
        results = self.searcher.search(request)
        self.metrics.searched(results)
        return results

    def close(self) -> None:
        """Lets go of all files, once nothing is being answered."""
        self.opened.close()
        self.searcher.close()


def context() -> Context:
    """That of the app which answers now."""
    return cast(Context, current_app.extensions[_KEY])


def _versions() -> dict[str, str]:
    place = _HERE / "static"
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): _digest(path.read_bytes()) for path in files}


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=6).hexdigest()
