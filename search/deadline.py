"""Time limits of searches."""

from __future__ import annotations

import time

from index.errors import TooSlowError


class Deadline:
    """Time limit of a search that begins now, checked between its steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = time.perf_counter()

    @property
    def took_ms(self) -> float:
        """Milliseconds since the search began."""
        return (time.perf_counter() - self._started) * 1000

    def check(self) -> None:
        """Raises TooSlowError once the limit is exceeded."""
        if self.took_ms > self._seconds * 1000:
            raise TooSlowError(
                "the search takes longer than {seconds} s (max_search_seconds). Ask for less: leave out "
                "words and patterns.",
                seconds=self._seconds,
            )
