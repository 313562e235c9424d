"""An article in the list that it was opened from: its number there, and the articles before and behind it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from index.errors import TooSlowError
from search.request import SearchRequest
from search.searcher import Searcher
from web.links import article_url, query_string


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`number` counts from 1 to `total`, the length of the list; no address at its ends."""

    number: int
    total: int
    previous_url: str = ""
    next_url: str = ""


def find_neighbours(
    searcher: Searcher, wanted: SearchRequest, article_id: str, max_hits: int
) -> Neighbours | None:
    """The neighbours of an article on a page of results; None where it isn't on that page. Raises QueryError
    for a search over a limit."""
    with suppress(TooSlowError):  # the article is shown without them
        return _find(searcher, replace(wanted, explain=False), article_id, max_hits)
    return None


def _find(searcher: Searcher, wanted: SearchRequest, article_id: str, max_hits: int) -> Neighbours | None:
    results = searcher.search(wanted, advise=False)
    ids = [hit.article.id for hit in results.hits]
    if article_id not in ids:
        return None
    at = ids.index(article_id)
    number = (wanted.page - 1) * wanted.size + at + 1
    total = min(results.listed, max_hits)
    previous = _url(wanted, ids[at - 1]) if at else ""
    following = _url(wanted, ids[at + 1]) if at + 1 < len(ids) else ""
    if not previous and number > 1:
        previous = _at_page(searcher, replace(wanted, page=wanted.page - 1), -1)
    if not following and number < total:
        following = _at_page(searcher, replace(wanted, page=wanted.page + 1), 0)
    return Neighbours(number, total, previous, following)


def _at_page(searcher: Searcher, wanted: SearchRequest, at: int) -> str:
    """The first or last article of another page."""
    hits = searcher.search(wanted, advise=False).hits
    return _url(wanted, hits[at].article.id) if hits else ""


def _url(wanted: SearchRequest, article_id: str) -> str:
    return article_url(article_id, query_string(wanted))
