"""Results of a search: a page of hits with totals, facets, suggestions and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.article import Article
from index.store.reader import OpenIndex
from search.facets import FacetValue
from search.folding import NOTHING_FOLDED, Entry, Folded
from search.planning.plan import HighlightTerm
from search.query.parser import Note
from search.request import SearchRequest
from search.second_look import ReadHit, read_starts
from search.snippets import Highlighter, Snippet

# Not needed by a plain search: a search from a cold process has half a second.
if TYPE_CHECKING:
    from search.assist.spelling import Correction
    from search.assist.zero_results import ZeroResults
    from search.explain import Explanation

_NONE_MISSING: Mapping[str, tuple[str, ...]] = {}
_NONE_READ: Mapping[str, ReadHit] = {}


@dataclass(frozen=True, slots=True)
class ResultHit:
    """An article found, with its score and its highlighted title, tags and snippets. `missing` are the
    words that a partial match lacks, in query syntax; a full match has none. `folded` are the articles that
    stand below it."""

    article: Article
    score: float
    title: Snippet
    tags: tuple[Snippet, ...]
    snippets: tuple[Snippet, ...]
    explanation: Explanation | None = None
    missing: tuple[str, ...] = ()
    folded: Folded = NOTHING_FOLDED


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a result list.

    `total` and `facets` count full matches only. Where those leave the first page short, `partial` matches
    follow in the list, ranked by score. On a first page with few full matches, `suggestion` is a corrected
    query that finds more, and `other_suggestions` are the next best; on one without any, `zero_results`
    has the number of articles for each part of the query. `folded` is the number of full matches, on all
    pages, that stand below others: the list is so much shorter.
    """

    request: SearchRequest
    understood: str
    total: int
    partial: int
    took_ms: float
    hits: tuple[ResultHit, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    suggestion: Correction | None = None
    other_suggestions: tuple[Correction, ...] = ()
    zero_results: ZeroResults | None = None
    notes: tuple[Note, ...] = ()
    folded: int = 0

    @property
    def listed(self) -> int:
        """Length of the whole list, on all pages."""
        return self.total + self.partial - self.folded

    @property
    def full(self) -> tuple[ResultHit, ...]:
        """The hits that have all that was asked for."""
        return tuple(hit for hit in self.hits if not hit.missing)


@dataclass(frozen=True, slots=True)
class Overview:
    """All articles of an index in numbers; `facets` as in `Results`."""

    articles: int
    facets: dict[str, tuple[FacetValue, ...]]


def present(
    index: OpenIndex,
    entries: Sequence[Entry],
    highlight_terms: Sequence[HighlightTerm],
    missing: Mapping[str, tuple[str, ...]] = _NONE_MISSING,
    read: Mapping[str, ReadHit] = _NONE_READ,
) -> tuple[ResultHit, ...]:
    """Entries of a list with their articles, snippets and highlights; `missing` words, and hits that were
    `read` before, by article id."""
    unread = [entry.hit.id for entry in entries if entry.hit.id not in read]
    others = index.articles.articles(unread) if unread else {}
    starts = dict(zip(others, read_starts(others.values()), strict=True))
    highlighter = Highlighter(highlight_terms)
    hits = []
    for entry in entries:
        looked = read.get(entry.hit.id)
        article = looked.article if looked else others.get(entry.hit.id)
        if article is None:  # removed meanwhile
            continue
        title, start = (looked.title, looked.start) if looked else (None, starts[article.id])
        hits.append(
            ResultHit(
                article=article,
                score=round(entry.hit.score, 4),
                title=highlighter.highlight(article.title, "title", title),
                tags=tuple(highlighter.highlight(tag, "body") for tag in article.tags),
                snippets=highlighter.snippets(article.text, start=start),
                missing=missing.get(article.id, ()),
                folded=entry.folded,
            )
        )
    return tuple(hits)
