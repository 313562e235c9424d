"""What one query's corrections may still cost."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from whoosh import query

from index.engine import Engine

# What looking for the slips of a query may cost: so many terms looked up, or a fifth of that counted; 230 ms
# of processor time. None of 700 searches with a slip takes more, half of them take a hundredth.
# A long query costs enough by itself: a quarter, and the less the longer it is.
_MOST_WORK = 22_000
_LONG_QUERY = 40
_COUNT_COSTS = 5


class MeteredEngine:
    """An engine, with what it may still be asked for the sake of one query."""

    def __init__(self, engine: Engine, typed: str, seconds: float = math.inf) -> None:
        self._engine = engine
        is_long = len(typed) > _LONG_QUERY
        self._left = _MOST_WORK * _LONG_QUERY // max(4 * _LONG_QUERY, len(typed)) if is_long else _MOST_WORK
        self._until = time.monotonic() + seconds

    @property
    def is_spent(self) -> bool:
        """Whether that is enough."""
        return self._left <= 0 or time.monotonic() > self._until

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """See `index.engine.Engine`."""
        self._left -= 1
        return self._engine.terms(field, prefix)

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        """See `index.engine.Engine`."""
        self._left -= len(tokens)
        return self._engine.frequencies(field, tokens)

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        """See `index.engine.Engine`."""
        self._left -= 1
        return self._engine.followers(field, unit)

    def count(self, tree: query.Query) -> int:
        """See `index.engine.Engine`."""
        self._left -= _COUNT_COSTS
        return self._engine.count(tree)
