"""Budget of look-ups and of time for the corrections of one query."""

from __future__ import annotations

from collections.abc import Sequence

from whoosh import query

from index.article import Article
from index.engines.base import Sort
from index.store.reader import OpenIndex
from search.deadline import Deadline

# Terms that may be looked up for the corrections of a query, or a fifth as many counts: at most 100 ms of
# processor time. Of 300 typing errors, 92% are corrected with that: 93% with more of it, 88% with a third.
# Half of it is enough where articles have what was typed. A long query costs enough by itself: a quarter, and
# the less the longer it is.
_MOST_WORK = 14_000
_IF_FOUND = 2
_LONG_QUERY = 40
_COUNT_COSTS = 5
_READING_COSTS = 10


class MeteredIndex:
    """An index with a budget of look-ups, and of time up to a `deadline`, for one query. Articles around an
    error are read if they are at most `most_read`."""

    def __init__(
        self,
        index: OpenIndex,
        typed: str,
        deadline: Deadline,
        *,
        is_found: bool = False,
        most_read: int = 50,
    ) -> None:
        self.most_read = most_read
        self.deadline = deadline
        self.analyzer = index.analyzer
        self._engine = index.engine
        self._articles = index.articles
        self._left = _MOST_WORK // _IF_FOUND if is_found else _MOST_WORK
        if len(typed) > _LONG_QUERY:
            self._left = self._left * _LONG_QUERY // max(4 * _LONG_QUERY, len(typed))

    @property
    def is_spent(self) -> bool:
        """True once the budget or the time is used up."""
        return self._left <= 0 or self.deadline.is_over

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """See `index.engines.base.Engine`."""
        self._left -= 1
        return self._engine.terms(field, prefix)

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        """See `index.engines.base.Engine`."""
        self._left -= len(tokens)
        return self._engine.frequencies(field, tokens)

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        """See `index.engines.base.Engine`."""
        self._left -= 1
        return self._engine.followers(field, unit)

    def count(self, tree: query.Query) -> int:
        """See `index.engines.base.Engine`."""
        self._left -= _COUNT_COSTS
        return self._engine.count(tree)

    def read(self, tree: query.Query, limit: int) -> list[Article]:
        """The newest matching articles, without their html, at most `limit`."""
        hits = self._engine.search(tree, sort=Sort.NEWEST, offset=0, limit=limit).hits
        self._left -= _COUNT_COSTS + _READING_COSTS * len(hits)
        return [*self._articles.articles([hit.id for hit in hits]).values()]
