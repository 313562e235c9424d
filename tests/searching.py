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
    category: str = "",
    author: str = "",
    tag: str = "",
    start: str = "",
    end: str = "",
) -> Results:
    return searcher.search(
        SearchRequest(
            text, page, size, sort, category=category, tag=tag, author=author, date_from=start, date_to=end
        )
    )


def ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results.hits]


def exact(results: Results) -> list[str]:
    """The ids of those that match as asked for."""
    return [hit.article.id for hit in results.full]
