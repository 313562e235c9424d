"""The main flow: parse → plan → engine → second look → snippets → `Results`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from whoosh import query

from index.analysis.document import FACET_FIELDS
from index.article import Article, local
from index.engines.base import Connection, Hit, Sort
from index.engines.nodes import TermSet
from index.errors import NotFoundError, TooSlowError
from index.store.reader import IndexReader, OpenIndex
from search.addresses import source_spellings
from search.assist.pinyin import LivePinyinIndex
from search.assist.query_log import LivePastQueries
from search.deadline import Clock, Deadline
from search.facets import FacetValue, merged_facets
from search.folding import Entry
from search.planning.plan import HighlightTerm, Plan
from search.planning.planner import make_match, make_plan
from search.planning.scoring import freshness_scores
from search.query.parser import Note, ParsedQuery, parse_query
from search.query.resolve import Expand, QueryContext
from search.request import (
    EXCLUDING,
    VALUE_FILTERS,
    SearchRequest,
    check,
    check_size,
    date_notes,
    filters_of,
)
from search.results import Overview, ResultHit, Results, present
from search.retrieval import cached_terms, filtered, find, like, missing_words
from search.settings import SearchSettings
from search.user_files import DictionaryFile, SynonymsFile

# Imported where needed, if a plain search does without: a search from a cold process has half a second.
if TYPE_CHECKING:
    from search.assist.spelling import Correction
    from search.assist.suggest import Suggestion
    from search.assist.zero_results import ZeroResults
    from search.stats import Stats
    from search.timeline import Timeline

# Seconds for corrections: processor time, or where the engine is elsewhere, of the clock.
ADVICE_SECONDS, SHARED_ADVICE_SECONDS = 0.1, 0.5
# Articles from which on a query needs no suggestion.
FEW = 10


class Searcher:
    """Answers searches over the live generation of an index, in a directory or at the address of a
    cluster. Thread-safe."""

    def __init__(
        self,
        location: Path | str,
        settings: SearchSettings,
        clock: Clock = time.perf_counter,
        processor_clock: Clock = time.thread_time,
        calendar_clock: Clock = time.time,
    ) -> None:
        self._reader = IndexReader(location, Connection.of(settings))
        self._settings = settings
        self._clock, self._processor_clock = clock, processor_clock
        self._calendar_clock = calendar_clock
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def search(self, request: SearchRequest | str, *, advise: bool = True) -> Results:
        """The requested page of results; of a query alone, the ten best. With `advise`, also suggestions for
        a search that finds few articles or none.

        Raises QueryError for a parameter or a query over a limit. What is found when the time is up is shown,
        with a note. Errors of the index or the engine are raised as they are, never turned into "no results".
        """
        if isinstance(request, str):
            request = SearchRequest(request)
        deadline = Deadline(self._settings.max_search_seconds, self._clock)
        sort, offset = check(request, self._settings.max_hits)
        suggestions: tuple[Correction, ...] = ()
        zero_results = None
        with self._reader.acquire() as index:
            terms = cached_terms(index, deadline)
            filters = filters_of(request, index.zone, self._today(index))
            parsed = self._parse(index, request.query)
            plan = self._plan(index, request.query, terms, parsed, is_filtered=bool(filters))
            wanted = [*filters.values()]
            if request.like:
                wanted.append(TermSet("id", like(index, plan, wanted, request.like)))
            found = find(
                index,
                plan,
                wanted,
                sort,
                offset,
                request.size,
                FACET_FIELDS,
                folds=request.is_folded,
                deadline=deadline,
            )
            missing: dict[str, tuple[str, ...]] = {}
            try:
                missing = missing_words(index, plan, found, deadline)
            except TooSlowError:  # what lacks something says what, or isn't shown
                found = found.full_alone
            hits = present(index, found.entries, plan.highlight_terms, missing, found.read)
            if request.explain:
                with suppress(TooSlowError):
                    from search.explain import explained

                    hits = explained(index.engine, plan, hits, found.read, deadline)
            late = deadline.notes
            is_few = offset == 0 and found.total < FEW and not request.like
            if advise and is_few and plan.strict is not query.NullQuery:
                with suppress(TooSlowError):  # what was found is shown
                    suggestions, zero_results = self._advise(
                        index, request, parsed, filters, found.total, terms, deadline
                    )
            notes = (
                *plan.notes,
                *late,
                *self._date_notes(index, request, filters, found.total),
                *self._dictionary.notes(index),
            )
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

    def pages(self, request: SearchRequest) -> Iterator[Results]:
        """Pages of results, from the requested one to the last, or up to the setting `max_hits`: without
        suggestions, and each of what the index has by then. Raises as `search` does."""
        while True:
            results = self.search(request, advise=False)
            yield results
            if request.page * request.size >= min(results.listed, self._settings.max_hits):
                return
            request = replace(request, page=request.page + 1)

    def _advise(
        self,
        index: OpenIndex,
        request: SearchRequest,
        parsed: ParsedQuery,
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
        tree = outline(parsed.tree)
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
        signs = {"date": ".."}
        active = {name: signs.get(name, " | ").join(request.values(name)) for name in filters}
        return suggestions, explain_zero_results(request.query, tree, index.analyzer, count, active)

    def _count(self, index: OpenIndex, text: str, terms: Expand, filters: Sequence[query.Query] = ()) -> int:
        """The number of full matches of a query; 0 for one over the length limit."""
        if len(text) > self._settings.max_query_length:
            return 0
        if filters and not text.strip():
            return index.engine.count(filtered(query.Every(), filters))
        tree = self._parse(index, text).tree
        match = make_match(tree, self._context(index, terms))
        return index.engine.count(filtered(match, filters))

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

    def all_articles(self) -> Iterator[Article]:
        """Every article, in the order of their ids."""
        with self._reader.acquire() as index:
            yield from index.articles.all_articles()

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
        return find(index, self._plan(index, text, index.engine.terms), [], Sort.RELEVANCE, 0, limit).hits

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

    def alternatives(self, request: SearchRequest) -> dict[str, tuple[FacetValue, ...]]:
        """Values beside those that are filtered by, of category, tag and author: of the full matches of the
        same request without that filter, the most frequent first. Raises QueryError as `search` does."""
        names = [name for name in VALUE_FILTERS if request.values(name) or request.values(EXCLUDING + name)]
        if not names or request.like:
            return {}
        with self._reader.acquire() as index:
            plan = self._plan(index, request.query, index.engine.terms, is_filtered=True)
            filters = filters_of(request, index.zone, self._today(index))
            found: dict[str, tuple[FacetValue, ...]] = {}
            for name in names:
                others = [node for key, node in filters.items() if key.removeprefix(EXCLUDING) != name]
                counts = index.engine.facets(filtered(plan.strict, others), [f"{name}_facet"])
                found |= merged_facets(counts)
            return found

    def timeline(self, request: SearchRequest, queries: Sequence[str]) -> Timeline:
        """Full matches over time of each query, with the filters of a request. Raises QueryError as `search`
        does."""
        from search.timeline import make_timeline

        check(request, self._settings.max_hits)
        with self._reader.acquire() as index:
            filters = filters_of(request, index.zone, self._today(index))
            wanted = [*filters.values()]
            trees = []
            for text in queries:
                match = self._plan(index, text, index.engine.terms, is_filtered=True).strict
                trees.append((text, filtered(match, wanted)))
            return make_timeline(
                index.engine, trees, filtered(query.Every(), wanted), filters.get("date"), index.zone
            )

    def last_addition(self) -> int | None:
        """When the last of the articles came in that searches see, in seconds since 1970; None where that is
        not known."""
        with self._reader.acquire() as index:
            return index.articles.last_addition()

    def zone(self) -> tzinfo:
        """The time zone of the index's dates."""
        with self._reader.acquire() as index:
            return index.zone

    def stats(self) -> Stats:
        """Statistics of the index."""
        from search.stats import read_stats

        with self._reader.acquire() as index:
            return read_stats(index)

    def _plan(
        self,
        index: OpenIndex,
        text: str,
        terms: Expand,
        parsed: ParsedQuery | None = None,
        *,
        is_filtered: bool = False,
    ) -> Plan:
        """Plan of a query text, which may be `parsed` already, with notes on what could not be read as
        intended. An empty query with filters matches all articles that pass them."""
        parsed = parsed or self._parse(index, text)
        notes = (*parsed.notes, *self._synonyms.current()[1])
        if is_filtered and not text.strip():
            return Plan(query.Every(), None, (), (), (), (), understood="", notes=notes, synonyms={})
        spellings = source_spellings(text)
        if spellings and (ids := tuple(index.articles.with_url(spellings))):
            notes = (Note("What was found has this address as its source."),)
            return Plan(TermSet("id", ids), None, (), (), (), (), understood=text, notes=notes, synonyms={})
        plan = make_plan(parsed.tree, self._context(index, terms))
        fresh = freshness_scores(self._settings.freshness, self._calendar_clock()) if plan.scores else []
        return replace(plan, scores=(*plan.scores, *fresh), notes=(*notes, *plan.notes))

    def _date_notes(
        self, index: OpenIndex, request: SearchRequest, filters: dict[str, query.Query], total: int
    ) -> tuple[Note, ...]:
        """Notes on a range of dates in which there is nothing."""
        newest = None
        if not total and "date" in filters and filters["date"].start is not None:
            dated = (article.date for article in index.articles.newest(1))
            newest = next((seconds for seconds in dated if seconds is not None), None)
            if newest is not None and newest >= filters["date"].start:
                newest = None
        return date_notes(request, filters, None if newest is None else local(newest, index.zone).date())

    def _parse(self, index: OpenIndex, text: str) -> ParsedQuery:
        return parse_query(text, self._settings, index.zone, self._today(index))

    def _today(self, index: OpenIndex) -> date:
        """The day, in the time zone of the index, from which spans such as -30d are counted back."""
        return datetime.fromtimestamp(self._calendar_clock(), index.zone).date()

    def _context(self, index: OpenIndex, terms: Expand) -> QueryContext:
        return QueryContext(
            index.analyzer,
            terms,
            self._settings.max_query_words,
            self._settings.max_expansions,
            synonyms=self._synonyms.current()[0],
            count=index.engine.count,
            added=index.articles.added,
        )
