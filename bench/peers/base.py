"""The forms that all peers share: what an answer and an index cost."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# An article as peers get it: id, title, text, then names and values of facets in turn.
Record = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: CPU milliseconds (also without highlights, where an engine tells), matches, JSON."""

    cpu_ms: float
    total: int
    text: str
    without_highlights_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """The cost of an index: seconds of the clock, and CPU seconds."""

    seconds: float
    cpu_seconds: float


class Peer(Protocol):
    """An engine that answers queries over the articles of one index."""

    name: str

    def search(self, query: str) -> Answer:
        """The answer to a query: ten hits with highlights, and facets."""

    def close(self) -> None:
        """Ends what was started."""


class IndexingPeer(Peer, Protocol):
    """A peer with an index of its own."""

    @property
    def directory(self) -> Path:
        """The index, which is there once it is whole."""

    def index(self, articles: Iterable[Record]) -> Indexed:
        """Makes the index."""


class Stopwatch:
    """CPU milliseconds of this process."""

    def __init__(self) -> None:
        self._started = time.process_time_ns()

    def ms(self) -> float:
        """Those since it was made."""
        return (time.process_time_ns() - self._started) / 1e6
