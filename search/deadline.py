"""Time limits of searches."""

from __future__ import annotations

import time
from collections.abc import Callable

from index.errors import TooSlowError

# Seconds since some moment.
Clock = Callable[[], float]


class Deadline:
    """Time limit of a search that begins now, checked between its steps."""

    def __init__(self, seconds: float, clock: Clock = time.perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._started = clock()

    @property
    def took_ms(self) -> float:
        """Milliseconds since the search began."""
        return (self._clock() - self._started) * 1000

    def check(self) -> None:
        """Raises TooSlowError once the limit is exceeded."""
        if self.took_ms > self._seconds * 1000:
            raise TooSlowError(
                "the search takes longer than {seconds} s (max_search_seconds). Ask for less: leave out "
                "words and patterns.",
                seconds=self._seconds,
            )
