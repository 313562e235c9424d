"""The default engine: tantivy (Rust, in process). One machine, up to millions of articles."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from tantivy import Order, Query
from whoosh import query

from index.analysis.document import (
    FACET_FIELDS,
    GRAM_FIELDS,
    KEY_FIELDS,
    UNIT_FIELDS,
    WORD_FIELDS,
)
from index.engines.base import (
    ANONYMOUS,
    NOWHERE,
    Connection,
    Description,
    FacetCounts,
    Hit,
    Hits,
    Sort,
    single_characters,
)
from index.engines.embedded import EmbeddedEngine
from index.engines.tantivy.compiler import compile_tree, scored
from index.engines.tantivy.failures import failures
from index.engines.tantivy.pruning import best_hits
from index.engines.tantivy.view import View, may_lock, share
from index.engines.tantivy.writer import TantivyWriter, heap_size, threads_for
from index.errors import EngineError, IndexDamagedError

if TYPE_CHECKING:
    pass

# More than any archive has values of one facet: all buckets are wanted, none cut off.
_ALL_BUCKETS = 1_000_000
# Hits read beyond a page to see whether the score at its end goes on, so that ties can be ordered.
_TIES = 32

_SORT_FIELDS = {Sort.NEWEST: ("newest", Order.Desc), Sort.OLDEST: ("oldest", Order.Asc)}


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in GRAM_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in WORD_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in UNIT_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in KEY_FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*FACET_FIELDS, "newest", "oldest"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_integer_field("date", indexed=True, fast=True)
    return builder.build()


class TantivyEngine(EmbeddedEngine):
    """See `index.engines.base.Engine`.

    A page by date with `deep` hits before it is looked for by number; of one date, `most_equal` are ordered.
    Of `long` hits and more, not all are scored, but `candidates` (`pruning.py`);
    nor are partial matches in an index of so many documents.
    A writer has so many `threads`.
    """

    deep = 100
    most_equal = 2_000
    long = 50_000
    candidates = 160
    threads = threads_for(os.cpu_count() or 1)

    def __init__(self, index: tantivy.Index, directory: Path, view: View | None = None) -> None:
        super().__init__(directory)
        self._index = index
        self._view = view
        self._schema = index.schema
        self._meta_file = directory / "meta.json"
        self._seen = self._commit_stamp()
        self._refresh_lock = threading.Lock()
        index.config_reader("manual", 0)
        index.reload()

    @classmethod
    def create(
        cls, directory: Path, description: Description = NOWHERE, connection: Connection = ANONYMOUS
    ) -> TantivyEngine:
        directory.mkdir()
        made = cls(tantivy.Index(_schema(), str(directory)), directory)
        share(directory)
        return made

    @classmethod
    def open(cls, directory: Path, connection: Connection = ANONYMOUS) -> TantivyEngine:
        view = View(directory) if directory.is_dir() and not may_lock(directory) else None
        opened: list[TantivyEngine] = []
        try:
            with failures():
                if view is None:
                    return cls(tantivy.Index.open(str(directory)), directory)
                view.read(lambda: opened.append(cls(tantivy.Index.open(str(view.path)), directory, view)))
                return opened[0]
        except EngineError as error:
            raise IndexDamagedError(
                "{file}: {engine} can't open it: {reason}",
                file=directory,
                engine="tantivy",
                reason=error.values["reason"],
            ) from None

    def search(
        self,
        tree: query.Query,
        *,
        sort: Sort,
        offset: int,
        limit: int,
        facets: Sequence[str] = (),
        count_to: int | None = None,
    ) -> Hits:
        with failures():
            searcher = self._index.searcher()
            is_scored = isinstance(tree, query.AndMaybe)
            match = self._compile(tree.a if is_scored else tree)
            if facets:
                total, counts = self._facets(searcher, match, facets)
                if offset >= total:
                    return Hits((), total, counts)
                is_long = total >= self.long
            else:
                is_long = count_to is not None and searcher.num_docs >= self.long
            found = None
            if is_scored and is_long and sort is Sort.RELEVANCE:
                ranked = partial(self._search_by_score, searcher)
                found = best_hits(
                    searcher, match, tree.b, self._compile, ranked, offset, limit, self.candidates
                )
                if found and not facets and found.total < (count_to or 0):
                    found = None
            if found is None:
                compiled = scored(match, self._compile(tree.b)) if is_scored else match
                found = self._search(searcher, compiled, sort, offset, limit)
            return replace(found, total=total, facets=counts) if facets else found

    def _search(
        self, searcher: tantivy.Searcher, compiled: Query, sort: Sort, offset: int, limit: int
    ) -> Hits:
        if sort is Sort.RELEVANCE:
            return self._search_by_score(searcher, compiled, offset, limit)
        if offset >= self.deep and (found_deep := self._search_deep(searcher, compiled, sort, offset, limit)):
            return found_deep
        field, order = _SORT_FIELDS[sort]
        found = searcher.search(compiled, limit, order_by_field=field, offset=offset, order=order)
        hits = tuple(Hit(_id(searcher, address), 0.0) for _, address in found.hits)
        return Hits(hits, _total(found))

    @staticmethod
    def _search_by_score(searcher: tantivy.Searcher, compiled: Query, offset: int, limit: int) -> Hits:
        """Hits by score, ties by date and id. tantivy would break ties by position in the index, which
        changes as segments are merged."""
        end = offset + limit
        wanted = end + _TIES
        found = searcher.search(compiled, wanted)
        hits = found.hits  # made anew each time
        while len(hits) == wanted and hits[-1][0] == hits[end - 1][0]:
            wanted *= 4
            found = searcher.search(compiled, wanted)
            hits = found.hits
        ordered: list[Hit] = []
        position = 0
        for score, group in groupby(hits, key=itemgetter(0)):
            equal = list(group)
            start, position = position, position + len(equal)
            if start >= end:
                break
            if position <= offset:
                continue
            if len(equal) == 1:  # nearly always
                ordered.append(Hit(_id(searcher, equal[0][1]), score))
                continue
            addresses = [address for _, address in equal]
            dates = searcher.fast_field_values("date", addresses)
            keys = [(date is None, -int(date or 0)) for date in dates]
            ids = [_id(searcher, address) for address in addresses]
            ordered_ids = [i for _, i in sorted(zip(keys, ids, strict=True))]
            ordered += [Hit(i, score) for i in ordered_ids[max(0, offset - start) : end - start]]
        return Hits(tuple(ordered), _total(found))

    def _search_deep(
        self, searcher: tantivy.Searcher, compiled: Query, sort: Sort, offset: int, limit: int
    ) -> Hits | None:
        """A page far down a list by date; None where many dates are equal.

        tantivy looks up the text of every key before the page, 60 µs each, while numbers cost nothing. So
        hits are sorted by date, and ids are looked up for equal dates only.
        """
        end = offset + limit
        found = searcher.search(
            compiled, end + self.most_equal, order_by_field="date", order=_SORT_FIELDS[sort][1]
        )
        hits = found.hits[: end + self.most_equal]
        dates = [date for date, _ in hits]
        if offset >= len(hits):
            return Hits((), _total(found))
        first = dates.index(dates[offset])
        last = min(end, len(hits)) - 1
        after = next((i for i in range(last, len(hits)) if dates[i] != dates[last]), len(hits))
        if offset - first > self.most_equal or (after == len(hits) < _total(found)):
            return None
        ids: list[str] = []
        for _, equal in groupby(hits[first:after], key=lambda hit: hit[0]):
            ids += sorted((_id(searcher, address) for _, address in equal), reverse=sort is Sort.NEWEST)
        return Hits(tuple(Hit(i, 0.0) for i in ids[offset - first : end - first]), _total(found))

    def facets(self, tree: query.Query, fields: Sequence[str]) -> FacetCounts:
        with failures():
            return self._facets(self._index.searcher(), self._compile(tree), fields)[1]

    def _facets(
        self, searcher: tantivy.Searcher, compiled: Query, fields: Sequence[str]
    ) -> tuple[int, FacetCounts]:
        """The number of documents, and their facets."""
        request: dict[str, object] = {
            name: {"terms": {"field": name, "size": _ALL_BUCKETS}} for name in fields
        }
        # Each document has one value there.
        answer = searcher.aggregate(compiled, request | {"total": {"value_count": {"field": "newest"}}})
        counts = {
            name: [(bucket["key"], int(bucket["doc_count"])) for bucket in answer[name]["buckets"]]
            for name in fields
        }
        return int(answer["total"]["value"]), counts

    def count(self, tree: query.Query) -> int:
        searcher = self._index.searcher()
        if isinstance(tree, query.Every):
            return searcher.num_docs
        with failures():
            return _total(searcher.search(self._compile(tree), 1))

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        with failures():
            return self._index.searcher().terms_with_prefix(field, prefix)

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        searcher = self._index.searcher()
        with failures():
            counts = {token: searcher.doc_freq(field, token) for token in tokens}
        return {token: count for token, count in counts.items() if count}

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        return single_characters(self.terms(field, unit), unit)

    def ids(self) -> set[str]:
        searcher = self._index.searcher()
        with failures():
            found = searcher.search(Query.all_query(), max(1, searcher.num_docs))
            return {_id(searcher, address) for _, address in found.hits}

    def refresh(self) -> bool:
        stamp = self._commit_stamp()
        if stamp == self._seen:
            return False
        with self._refresh_lock, failures():
            if self._view is None:
                self._index.reload()
            else:
                self._view.read(self._index.reload)
            self._seen = stamp
        return True

    @contextmanager
    def writer(self) -> Iterator[TantivyWriter]:
        with failures():
            # What a killed writer was about to rename; tantivy itself removes no others than its segments.
            for unfinished in self._meta_file.parent.glob(".tmp*"):
                unfinished.unlink()
            writer = TantivyWriter(self._index.writer(heap_size(), self.threads), self._directory)
        try:
            yield writer
        finally:
            with failures():
                self._index.reload()  # files that this searcher has open would not be removed
            writer.close()

    def close(self) -> None:
        """Removes the view, if there is one. Files are mapped, and unmapped with the last searcher."""
        if self._view is not None:
            self._view.close()

    def _compile(self, node: query.Query) -> Query:
        def starting(field: str, prefix: str) -> list[str]:
            return [text for text, _ in self.terms(field, prefix)]

        return compile_tree(node, self._schema, starting)

    def _commit_stamp(self) -> tuple[int, int]:
        try:
            status = self._meta_file.stat()
        except OSError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._meta_file, reason=error.strerror
            ) from None
        return status.st_mtime_ns, status.st_ino


def _id(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address)["id"][0])


def _total(found: tantivy.SearchResult) -> int:
    total: int = found.count  # type: ignore[attr-defined]  # missing from tantivy's stubs
    return total
