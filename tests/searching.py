"""Searches, and what they found."""

from __future__ import annotations

from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher


def search(
    searcher: Searcher,
    text: str,
    *,
    page: int = 1,
    size: int = 100,
    sort: str = "relevance",
    category: str | tuple[str, ...] = (),
    author: str | tuple[str, ...] = (),
    tag: str | tuple[str, ...] = (),
    without: dict[str, tuple[str, ...]] | None = None,
    start: str = "",
    end: str = "",
) -> Results:
    filters = {
        name: (values,) if isinstance(values, str) else values
        for name, values in {"category": category, "author": author, "tag": tag}.items()
    }
    excluded = {f"not_{name}": values for name, values in (without or {}).items()}
    return searcher.search(
        SearchRequest(text, page, size, sort, date_from=start, date_to=end, **filters, **excluded)
    )


def ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results.hits]


def exact(results: Results) -> list[str]:
    """The ids of those that match as asked for."""
    return [hit.article.id for hit in results.full]
