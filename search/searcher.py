"""The main flow: parse → plan → engine → second look → snippets → `Results`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from whoosh import query

from index.analysis.document import FACET_FIELDS
from index.article import Article
from index.engines.base import Connection, FacetCounts, Hit, Hits, Sort
from index.engines.nodes import TermSet
from index.errors import NotFoundError, TooSlowError
from index.store.reader import IndexReader, OpenIndex
from search.assist.pinyin import LivePinyinIndex
from search.assist.query_log import LivePastQueries
from search.deadline import Clock, Deadline
from search.facets import merged_facets
from search.folding import WINDOW, Entry, list_hits
from search.planning.matching import scored
from search.planning.plan import HighlightTerm, Plan
from search.planning.planner import make_match, make_plan
from search.planning.scoring import freshness_scores
from search.query.parser import parse_query
from search.query.resolve import Expand, QueryContext
from search.request import SearchRequest, check, check_size, date_notes, filters_of
from search.results import Overview, ResultHit, Results, present
from search.second_look import look_again, with_idf
from search.settings import SearchSettings
from search.user_files import DictionaryFile, SynonymsFile

# Imported where needed, if a plain search does without: a search from a cold process has half a second.
if TYPE_CHECKING:
    from search.assist.spelling import Correction
    from search.assist.suggest import Suggestion
    from search.assist.zero_results import ZeroResults
    from search.stats import Stats

# Seconds for corrections: processor time, or where the engine is elsewhere, of the clock.
ADVICE_SECONDS, SHARED_ADVICE_SECONDS = 0.1, 0.5
# Articles from which on a query needs no suggestion.
FEW = 10
# Partial matches that are listed.
MOST_PARTIAL = 100


@dataclass(frozen=True, slots=True)
class _Found:
    """A page of hits: `full` matches, with their total and facets, and `partial` ones after them; with the
    articles that were read to rank them, and the points which that added, both by id. `folded` counts the
    articles that stand below others, on all pages."""

    full: tuple[Entry, ...]
    total: int
    facets: FacetCounts
    folded: int
    partial: tuple[Entry, ...] = ()
    partial_total: int = 0
    articles: Mapping[str, Article] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.full, *self.partial)

    @property
    def hits(self) -> tuple[Hit, ...]:
        return tuple(entry.hit for entry in self.entries)


class Searcher:
    """Answers searches over the live generation of an index, in a directory or at the address of a
    cluster. Thread-safe."""

    def __init__(
        self,
        location: Path | str,
        settings: SearchSettings,
        clock: Clock = time.perf_counter,
        processor_clock: Clock = time.thread_time,
    ) -> None:
        self._reader = IndexReader(location, Connection.of(settings))
        self._settings = settings
        self._clock, self._processor_clock = clock, processor_clock
        self._pinyin = LivePinyinIndex(self._reader)
        self._past = LivePastQueries(settings.query_log, settings.query_log_days)
        self._synonyms = SynonymsFile(settings.synonyms)
        self._dictionary = DictionaryFile(settings.dictionary)

    @property
    def reader(self) -> IndexReader:
        """The index that is searched."""
        return self._reader

    def close(self) -> None:
        """Closes the index."""
        self._reader.close()

    def search(self, request: SearchRequest, *, advise: bool = True) -> Results:
        """The requested page of results. With `advise`, also suggestions for a search that finds few articles
        or none.

        Raises QueryError for a parameter or a query over a limit. Errors of the index or the engine are
        raised as they are, never turned into "no results".
        """
        deadline = Deadline(self._settings.max_search_seconds, self._clock)
        sort, offset = check(request, self._settings.max_hits)
        suggestions: tuple[Correction, ...] = ()
        zero_results = None
        with self._reader.acquire() as index:
            terms = _cached_terms(index, deadline)
            filters = filters_of(request, index.zone)
            plan = self._plan(index, request.query, terms, is_filtered=bool(filters))
            wanted = [*filters.values()]
            if request.like:
                wanted.append(TermSet("id", _like(index, plan, wanted, request.like)))
            found = _find(
                index, plan, wanted, sort, offset, request.size, FACET_FIELDS, folds=request.is_folded
            )
            deadline.check()
            missing = _missing(index, plan, found, deadline)
            hits = present(index, found.entries, plan.highlight_terms, missing, found.articles)
            if request.explain:
                hits = _explained(index, plan, found, hits, deadline)
            is_few = offset == 0 and found.total < FEW and not request.like
            if advise and is_few and plan.strict is not query.NullQuery:
                with suppress(TooSlowError):  # what was found is shown
                    suggestions, zero_results = self._advise(
                        index, request, filters, found.total, terms, deadline
                    )
            notes = (*plan.notes, *date_notes(request, filters), *self._dictionary.notes(index))
        return Results(
            request=request,
            understood=plan.understood,
            total=found.total,
            partial=found.partial_total,
            took_ms=round(deadline.took_ms, 2),
            hits=hits,
            facets=merged_facets(found.facets),
            suggestion=next(iter(suggestions), None),
            other_suggestions=suggestions[1:],
            zero_results=zero_results,
            notes=notes,
            folded=found.folded,
        )

    def _advise(
        self,
        index: OpenIndex,
        request: SearchRequest,
        filters: dict[str, query.Query],
        exact: int,
        terms: Expand,
        deadline: Deadline,
    ) -> tuple[tuple[Correction, ...], ZeroResults | None]:
        """Corrections of a query that found few articles, and the reasons if it found none. Raises
        TooSlowError."""
        from search.assist.spelling import did_you_mean
        from search.assist.suggest import spelt
        from search.assist.zero_results import explain_zero_results
        from search.query.outline import outline

        @cache
        def count(text: str, names: frozenset[str]) -> int:
            deadline.check()
            return self._count(index, text, terms, [filters[name] for name in sorted(names)])

        deadline.check()
        tree = outline(parse_query(request.query, self._settings, index.zone).tree)
        if index.meta.url:
            limit = Deadline(SHARED_ADVICE_SECONDS, self._clock)
        else:
            limit = Deadline(ADVICE_SECONDS, self._processor_clock)
        suggestions = did_you_mean(
            request.query,
            tree,
            index,
            count,
            lambda letters: spelt(index, partial(self._pinyin.of, index), letters),
            frozenset(filters),
            exact,
            limit,
        )
        if exact:
            return suggestions, None
        dates = "..".join(dict.fromkeys((request.date_from, request.date_to)))
        values = {"category": request.category, "tag": request.tag, "author": request.author, "date": dates}
        active = {name: values[name] for name in filters}
        return suggestions, explain_zero_results(request.query, tree, index.analyzer, count, active)

    def _count(self, index: OpenIndex, text: str, terms: Expand, filters: Sequence[query.Query] = ()) -> int:
        """The number of full matches of a query; 0 for one over the length limit."""
        if len(text) > self._settings.max_query_length:
            return 0
        if filters and not text.strip():
            return index.engine.count(_filtered(query.Every(), filters))
        tree = parse_query(text, self._settings, index.zone).tree
        match = make_match(tree, self._context(index, terms))
        return index.engine.count(_filtered(match, filters))

    def article(self, article_id: str) -> Article:
        """The whole article with this id. Raises NotFoundError where there is none."""
        with self._reader.acquire() as index:
            article = index.articles.article(article_id)
        if article is None:
            raise NotFoundError("there is no article with the id {id!r}.", id=article_id)
        return article

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """Articles by their ids, without their html; of those that there are."""
        with self._reader.acquire() as index:
            return index.articles.articles(ids)

    def similar(self, article_id: str, limit: int = 10) -> tuple[ResultHit, ...]:
        """Articles most similar to this one, without its copies. Raises NotFoundError for an unknown id."""
        from search.similar import find_similar

        check_size(limit)
        article = self.article(article_id)
        with self._reader.acquire() as index:
            return present(index, tuple(map(Entry, find_similar(index, article, limit))), ())

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Completions of the text typed so far."""
        from search.assist.suggest import suggest

        check_size(limit)
        with self._reader.acquire() as index:
            pinyin = partial(self._pinyin.of, index)
            past, terms = self._past.current(), index.engine.terms
            return suggest(index, pinyin, past, lambda text: self._count(index, text, terms), prefix, limit)

    def rank(self, index: OpenIndex, text: str, limit: int) -> tuple[Hit, ...]:
        """The best hits of a query in an open index, which need not be the live one."""
        return _find(index, self._plan(index, text, index.engine.terms), [], Sort.RELEVANCE, 0, limit).hits

    def highlight_terms(self, text: str) -> tuple[HighlightTerm, ...]:
        """Terms to highlight in an article found by this query. Raises QueryError as `search` does."""
        with self._reader.acquire() as index:
            return self._plan(index, text, index.engine.terms).highlight_terms

    def overview(self) -> Overview:
        """The number of articles: in all, and by category, tag, author and month."""
        with self._reader.acquire() as index:
            every = query.Every()
            return Overview(
                index.engine.count(every), merged_facets(index.engine.facets(every, FACET_FIELDS))
            )

    def newest(self, limit: int = 10) -> tuple[Article, ...]:
        """The newest articles, without their html."""
        with self._reader.acquire() as index:
            return tuple(index.articles.newest(limit))

    def zone(self) -> tzinfo:
        """The time zone of the index's dates."""
        with self._reader.acquire() as index:
            return index.zone

    def stats(self) -> Stats:
        """Statistics of the index."""
        from search.stats import read_stats

        with self._reader.acquire() as index:
            return read_stats(index)

    def _plan(self, index: OpenIndex, text: str, terms: Expand, *, is_filtered: bool = False) -> Plan:
        """Plan of a query text, with notes on what could not be read as intended. An empty query with
        filters matches all articles that pass them."""
        parsed = parse_query(text, self._settings, index.zone)
        notes = (*parsed.notes, *self._synonyms.current()[1])
        if is_filtered and not text.strip():
            return Plan(query.Every(), None, (), (), (), (), understood="", notes=notes, synonyms={})
        plan = make_plan(parsed.tree, self._context(index, terms))
        fresh = freshness_scores(self._settings.freshness, time.time()) if plan.scores else []
        return replace(plan, scores=(*plan.scores, *fresh), notes=(*notes, *plan.notes))

    def _context(self, index: OpenIndex, terms: Expand) -> QueryContext:
        return QueryContext(
            index.analyzer,
            terms,
            self._settings.max_query_words,
            self._settings.max_expansions,
            synonyms=self._synonyms.current()[0],
            count=index.engine.count,
        )


def _cached_terms(index: OpenIndex, deadline: Deadline) -> Expand:
    """`Engine.terms` with a cache for one search, whose parts look up the same tokens. Raises
    TooSlowError."""

    @cache
    def terms(field: str, prefix: str) -> list[tuple[str, int]]:
        deadline.check()
        return index.engine.terms(field, prefix)

    return terms


def _find(
    index: OpenIndex,
    plan: Plan,
    filters: Sequence[query.Query],
    sort: Sort,
    offset: int,
    size: int,
    facets: Sequence[str] = (),
    *,
    folds: bool = False,
) -> _Found:
    """Hits of a page: full matches; then, where those leave the first page short, the best partial ones. Each
    has its copies below it, if it `folds` and the order is by score."""
    engine = index.engine
    if sort is Sort.RELEVANCE and not plan.scores:
        sort = Sort.NEWEST
    folds = folds and sort is Sort.RELEVANCE
    strict = scored(_filtered(plan.strict, filters), plan.scores)

    def full(start: int, limit: int) -> Hits:
        return engine.search(strict, sort=sort, offset=start, limit=limit, facets=facets)

    articles = index.articles
    words = with_idf(plan.passage_words, engine)
    ranked = partial(look_again, full, articles.articles, words if sort is Sort.RELEVANCE else ())
    listed = list_hits(ranked, articles.sketches, offset, size, folds=folds)
    page, total = listed.page, listed.page.found.total
    found = _Found(
        listed.entries, total, page.found.facets, listed.folded, articles=page.articles, points=page.points
    )
    start = max(0, offset - (total - listed.folded))
    if plan.relaxed is None or total >= size or start >= MOST_PARTIAL:
        return found
    relaxed = _filtered(plan.relaxed, filters)
    if total:
        # By their ids: that is less work than to match them once more.
        whole = page.found.hits if len(page.found.hits) == total else full(0, size).hits
        relaxed = query.And([relaxed, query.Not(TermSet("id", tuple(hit.id for hit in whole)))])
    relaxed = scored(relaxed, plan.scores)

    def partly(start: int, limit: int) -> Hits:
        if start >= MOST_PARTIAL:
            return Hits((), 0)
        return engine.search(relaxed, sort=Sort.RELEVANCE, offset=start, limit=limit)

    wanted = min(size - len(found.full), MOST_PARTIAL - start)
    ranked = partial(look_again, partly, articles.articles, words)
    more = list_hits(ranked, articles.sketches, start, max(1, wanted), folds=folds)
    return replace(
        found,
        folded=found.folded + more.folded,
        partial=more.entries[:wanted],
        partial_total=min(more.page.found.total, MOST_PARTIAL),
        articles={**page.articles, **more.page.articles},
        points={**page.points, **more.page.points},
    )


def _like(index: OpenIndex, plan: Plan, filters: Sequence[query.Query], article_id: str) -> tuple[str, ...]:
    """The ids of an article and of those that are folded below it among the hits of a plan; or below which it
    is."""
    found = _find(index, plan, filters, Sort.RELEVANCE, 0, WINDOW, folds=True)
    groups = ((entry.hit.id, *entry.folded.ids) for entry in found.entries)
    return next((ids for ids in groups if article_id in ids), (article_id,))


def _missing(index: OpenIndex, plan: Plan, found: _Found, deadline: Deadline) -> dict[str, tuple[str, ...]]:
    """Words that each partial match lacks, by its id."""
    ids = tuple(entry.hit.id for entry in found.partial)
    missing: dict[str, list[str]] = {each: [] for each in ids}
    for word in plan.optional if ids else ():
        deadline.check()
        among = query.And([TermSet("id", ids), word.match])
        having = {
            hit.id for hit in index.engine.search(among, sort=Sort.NEWEST, offset=0, limit=len(ids)).hits
        }
        for each in ids:
            if each not in having:
                missing[each].append(word.text)
    return {each: tuple(words) for each, words in missing.items()}


def _filtered(tree: query.Query, filters: Sequence[query.Query]) -> query.Query:
    return query.And([tree, *filters]) if filters and tree is not query.NullQuery else tree


def _explained(
    index: OpenIndex,
    plan: Plan,
    found: _Found,
    hits: Sequence[ResultHit],
    deadline: Deadline,
) -> tuple[ResultHit, ...]:
    from search.explain import Explanation, explain

    parts = explain(index.engine, plan, found.hits, found.points, deadline)
    return tuple(
        replace(hit, explanation=Explanation(bool(hit.missing), parts.get(hit.article.id, ())))
        for hit in hits
    )
