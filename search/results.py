"""Results of a search: a page of hits with totals, facets, suggestions and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.article import Article
from search.facets import FacetValue
from search.query.parser import Note
from search.request import SearchRequest
from search.snippets import Snippet

# Not needed by a plain search: a search from a cold process has half a second.
if TYPE_CHECKING:
    from search.assist.spelling import Correction
    from search.assist.zero_results import ZeroResults
    from search.explain import Explanation


@dataclass(frozen=True, slots=True)
class ResultHit:
    """An article found, with its score and its highlighted title, tags and snippets. `missing` are the
    words that a partial match lacks, in query syntax; a full match has none."""

    article: Article
    score: float
    title: Snippet
    tags: tuple[Snippet, ...]
    snippets: tuple[Snippet, ...]
    explanation: Explanation | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a result list.

    `total` and `facets` count full matches only. Where those leave the first page short, `partial` matches
    follow in the list, ranked by score. On a first page with few full matches, `suggestion` is a corrected
    query that finds more, and `other_suggestions` are the next best; on one without any, `zero_results`
    has the number of articles for each part of the query.
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

    @property
    def full(self) -> tuple[ResultHit, ...]:
        """The hits that have all that was asked for."""
        return tuple(hit for hit in self.hits if not hit.missing)


@dataclass(frozen=True, slots=True)
class Overview:
    """All articles of an index in numbers; `facets` as in `Results`."""

    articles: int
    facets: dict[str, tuple[FacetValue, ...]]
