"""Hits of a page: full matches, then partial ones; each list after a second look, with its copies folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from whoosh import query

from index.engines.base import FacetCounts, Hit, Hits, Sort
from index.engines.nodes import TermSet
from index.store.reader import OpenIndex
from search.deadline import Deadline
from search.folding import WINDOWS, Entry, list_hits
from search.planning.matching import scored
from search.planning.plan import Plan
from search.query.resolve import Expand
from search.second_look import ReadHit, look_again, with_idf

# Partial matches that are listed.
MOST_PARTIAL = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits: `full` matches, with their total and facets, and `partial` ones after them; with those
    that were `read` to rank them, by id. `folded` counts the full matches that stand below others, on all
    pages; `partial_total` the partial ones that don't."""

    full: tuple[Entry, ...]
    total: int
    facets: FacetCounts
    folded: int
    partial: tuple[Entry, ...] = ()
    partial_total: int = 0
    read: Mapping[str, ReadHit] = field(default_factory=dict)

    @property
    def full_alone(self) -> Found:
        """The same without partial matches."""
        return replace(self, partial=(), partial_total=0)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.full, *self.partial)

    @property
    def hits(self) -> tuple[Hit, ...]:
        return tuple(entry.hit for entry in self.entries)


def find(
    index: OpenIndex,
    plan: Plan,
    filters: Sequence[query.Query],
    sort: Sort,
    offset: int,
    size: int,
    facets: Sequence[str] = (),
    *,
    folds: bool = False,
    deadline: Deadline | None = None,
) -> Found:
    """Hits of a page: full matches; then, where those leave the first page short, the best partial ones,
    unless that is behind the deadline. Each has its copies below it, if it `folds` and the order is by
    score."""
    engine = index.engine
    if sort is Sort.RELEVANCE and not plan.scores:
        sort = Sort.NEWEST
    folds = folds and sort is Sort.RELEVANCE
    strict = scored(filtered(plan.strict, filters), plan.scores)

    def full(start: int, limit: int) -> Hits:
        return engine.search(strict, sort=sort, offset=start, limit=limit, facets=facets)

    articles = index.articles
    words = with_idf(plan.passage_words, engine)
    ranked = partial(look_again, full, articles.articles, words if sort is Sort.RELEVANCE else ())
    listed = list_hits(ranked, articles.sketches, offset, size, folds=folds)
    page, total = listed.page, listed.page.found.total
    found = Found(listed.entries, total, page.found.facets, listed.folded, read=page.read)
    start = max(0, offset - (total - listed.folded))
    is_late = deadline is not None and deadline.is_over
    if plan.relaxed is None or total >= size or start >= MOST_PARTIAL or is_late:
        return found
    relaxed = filtered(plan.relaxed, filters)
    if total:
        # By their ids: that is less work than to match them once more.
        whole = page.found.hits if len(page.found.hits) == total else full(0, size).hits
        relaxed = query.And([relaxed, query.Not(TermSet("id", tuple(hit.id for hit in whole)))])
    relaxed = scored(relaxed, plan.scores)

    def partly(start: int, limit: int) -> Hits:
        if start >= MOST_PARTIAL:
            return Hits((), 0)
        return engine.search(relaxed, sort=Sort.RELEVANCE, offset=start, limit=limit, count_to=MOST_PARTIAL)

    wanted = min(size - len(found.full), MOST_PARTIAL - start)
    ranked = partial(look_again, partly, articles.articles, words)
    more = list_hits(ranked, articles.sketches, start, max(1, wanted), folds=folds, most=MOST_PARTIAL)
    return replace(
        found,
        partial=more.entries[:wanted],
        partial_total=min(more.page.found.total, MOST_PARTIAL) - more.folded,
        read={**page.read, **more.page.read},
    )


def like(index: OpenIndex, plan: Plan, filters: Sequence[query.Query], article_id: str) -> tuple[str, ...]:
    """The ids of an article and of those that are folded below it among the hits of a plan; or below which it
    is."""
    found = find(index, plan, filters, Sort.RELEVANCE, 0, WINDOWS[-1], folds=True)
    groups = ((entry.hit.id, *entry.folded.ids) for entry in found.entries)
    return next((ids for ids in groups if article_id in ids), (article_id,))


def missing_words(
    index: OpenIndex, plan: Plan, found: Found, deadline: Deadline
) -> dict[str, tuple[str, ...]]:
    """Words that each partial match lacks, by its id."""
    ids = tuple(entry.hit.id for entry in found.partial)
    missing: dict[str, list[str]] = {each: [] for each in ids}
    for word in plan.optional if ids else ():
        deadline.check()
        # By no order: an engine may have to look up what it sorts by.
        among = scored(query.And([TermSet("id", ids), word.match]), ())
        hits = index.engine.search(among, sort=Sort.RELEVANCE, offset=0, limit=len(ids)).hits
        having = {hit.id for hit in hits}
        for each in ids:
            if each not in having:
                missing[each].append(word.text)
    return {each: tuple(words) for each, words in missing.items()}


def filtered(tree: query.Query, filters: Sequence[query.Query]) -> query.Query:
    return query.And([tree, *filters]) if filters and tree is not query.NullQuery else tree


def cached_terms(index: OpenIndex, deadline: Deadline) -> Expand:
    """`Engine.terms` with a cache for one search, whose parts look up the same tokens. Raises
    TooSlowError."""

    @cache
    def terms(field: str, prefix: str) -> list[tuple[str, int]]:
        deadline.check()
        return index.engine.terms(field, prefix)

    return terms
