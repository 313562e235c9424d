"""Requests in progress, by address: counts, and answers that tell when they have ended."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator


class InProgress:
    """Counts of what is in progress for each address. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def begin(self, address: str, most: int | None = None, most_in_all: int | None = None) -> bool:
        """Counts one more of an address. False, and not counted, where it has `most`, or all together have
        `most_in_all`."""
        with self._lock:
            is_over = most is not None and self._counts[address] >= most
            if is_over or (most_in_all is not None and self._counts.total() >= most_in_all):
                return False
            self._counts[address] += 1
            return True

    def end(self, address: str) -> None:
        """Counts one less of an address."""
        with self._lock:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]

    def of(self, address: str) -> int:
        """The number of an address."""
        with self._lock:
            return self._counts[address]

    def total(self) -> int:
        """The number of all addresses."""
        with self._lock:
            return self._counts.total()


class Closing:
    """An answer of a WSGI application that calls `ended` once, when the server closes it."""

    def __init__(self, parts: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._parts = parts
        self._ended: Callable[[], None] | None = ended

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Closes the answer."""
        ended, self._ended = self._ended, None
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            if ended:
                ended()
