"""Time limits of searches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from index.errors import TooSlowError
from search.query.parser import Note

# Seconds since some moment.
Clock = Callable[[], float]


class Deadline:
    """Time limit of a search, or of a part of one, that begins now; checked between its steps."""

    def __init__(self, seconds: float, clock: Clock = time.perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._started = clock()

    @property
    def took_ms(self) -> float:
        """Milliseconds since the search began."""
        return (self._clock() - self._started) * 1000

    @property
    def is_over(self) -> bool:
        """True once the limit is exceeded."""
        return self.took_ms > self._seconds * 1000

    @property
    def notes(self) -> tuple[Note, ...]:
        """A note once the limit is exceeded: what was found is shown, and that it may not be all."""
        if not self.is_over:
            return ()
        return (
            Note(
                "The search took longer than {seconds} s (max_search_seconds): what was found by then is "
                "shown. Ask for less: leave out words and patterns.",
                {"seconds": self._seconds},
            ),
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Does not count the time of what is done meanwhile."""
        paused = self._clock()
        yield
        self._started += self._clock() - paused

    def check(self) -> None:
        """Raises TooSlowError once the limit is exceeded."""
        if self.is_over:
            raise TooSlowError(
                "the search takes longer than {seconds} s (max_search_seconds). Ask for less: leave out "
                "words and patterns.",
                seconds=self._seconds,
            )
