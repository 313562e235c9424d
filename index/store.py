"""Where articles are read from: the catalog of this machine, or the cluster that keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from index.article import Article


class ArticleStore(Protocol):
    """The articles of an index, for any number of threads. Raises IndexDamagedError or EngineError where they
    can't be read."""

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The articles with these ids, without their html, by id."""
        ...

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of the articles with these ids (at most 500), by id."""
        ...

    def article(self, article_id: str) -> Article | None:
        """The whole article with this id, if there is one."""
        ...

    def all_articles(self) -> Iterator[Article]:
        """Every whole article, by id."""
        ...

    def texts(self) -> Iterator[str]:
        """The title and the text of every article, by id; a line each paragraph."""
        ...

    def newest(self, limit: int) -> list[Article]:
        """The newest articles that have a date, without their html."""
        ...

    def count(self) -> int:
        """How many articles there are."""
        ...

    def dates(self) -> tuple[int | None, int | None]:
        """The dates of the oldest and the newest article."""
        ...
