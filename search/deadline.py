"""The time that a search may take."""

from __future__ import annotations

import time

from index.errors import TooSlowError


class Deadline:
    """When a search that begins now has to be done. A step of it, once begun, is not broken off."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = time.perf_counter()

    @property
    def took_ms(self) -> float:
        """Milliseconds since it began."""
        return (time.perf_counter() - self._started) * 1000

    def check(self) -> None:
        """Raises TooSlowError where it is past."""
        if self.took_ms > self._seconds * 1000:
            raise TooSlowError(
                "the search takes longer than {seconds} s (max_search_seconds). Ask for less: leave out "
                "words and patterns.",
                seconds=self._seconds,
            )
