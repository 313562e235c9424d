"""The reference engine: Whoosh, pure Python. Slow, and easy to read.

Whoosh stores the postings and reads them back; trees are evaluated in `index/engines/whoosh/evaluation.py`.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from whoosh import columns, fields, query
from whoosh import index as whoosh_index
from whoosh.analysis import RegexTokenizer
from whoosh.reading import IndexReader
from whoosh.writing import SegmentWriter

from index.analysis.document import (
    FACET_FIELDS,
    GRAM_FIELDS,
    KEY_FIELDS,
    SCORED_FIELDS,
    TEXT_FIELDS,
    UNIT_FIELDS,
    WORD_FIELDS,
    Document,
)
from index.durability import flush_tree
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
from index.engines.whoosh.evaluation import Evaluation, terms_of
from index.engines.whoosh.permissions import check_owner, remove_group_write
from index.errors import EngineError, IndexDamagedError, SouwenError

if TYPE_CHECKING:
    from index.packing import PackedArticle

# Joins the values of a field that has several; no value contains it.
_SEPARATOR = "\x1f"
# A reader opens some files late: a commit in between may have removed them.
_TRIES = 5

T = TypeVar("T")


def _schema() -> fields.Schema:
    tokens = RegexTokenizer(r"[^ ]+")
    schema = fields.Schema(id=fields.ID(unique=True, stored=True), stored=fields.STORED())
    for name in GRAM_FIELDS:
        schema.add(name, fields.TEXT(analyzer=tokens, phrase=True))
    for name in WORD_FIELDS:
        schema.add(name, fields.TEXT(analyzer=tokens, phrase=False))
    for name in UNIT_FIELDS:
        schema.add(name, fields.KEYWORD(analyzer=tokens))
    for name in KEY_FIELDS:
        schema.add(name, fields.KEYWORD(analyzer=RegexTokenizer(f"[^{_SEPARATOR}]+")))
    for name in SCORED_FIELDS:
        # Whoosh rounds its own lengths in another way than tantivy and Lucene do.
        schema.add(f"{name}_length", fields.COLUMN(columns.NumericColumn("I")))
    return schema


class WhooshEngine(EmbeddedEngine):
    """See `index.engines.base.Engine`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._lock = threading.Lock()
        try:
            check_owner(directory)
            self._index = whoosh_index.open_dir(str(directory))
            self._reader = self._index.reader()
        except SouwenError:
            raise
        except Exception as error:  # noqa: BLE001  # reading damaged files, Whoosh stumbles over anything
            raise IndexDamagedError(
                "{file}: {engine} can't open it: {reason}", file=directory, engine="whoosh", reason=error
            ) from None

    @classmethod
    def create(
        cls, directory: Path, description: Description = NOWHERE, connection: Connection = ANONYMOUS
    ) -> WhooshEngine:
        directory.mkdir(mode=0o755)
        whoosh_index.create_in(str(directory), _schema())
        remove_group_write(directory)
        return cls(directory)

    @classmethod
    def open(cls, directory: Path, connection: Connection = ANONYMOUS) -> WhooshEngine:
        return cls(directory)

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
        def read(reader: IndexReader) -> Hits:
            scores = Evaluation(reader).evaluate(tree)
            entries = [(doc, score, reader.stored_fields(doc)) for doc, score in scores.items()]
            if sort is Sort.RELEVANCE:
                entries.sort(key=lambda e: (-e[1], *_newest_first(e[2]["stored"]["date"]), e[2]["id"]))
            elif sort is Sort.NEWEST:
                entries.sort(key=lambda e: str(e[2]["stored"]["newest"]), reverse=True)
            else:
                entries.sort(key=lambda e: str(e[2]["stored"]["oldest"]))
            page = entries[offset : offset + limit]
            by_score = sort is Sort.RELEVANCE
            hits = tuple(Hit(e[2]["id"], e[1] if by_score else 0.0) for e in page)
            return Hits(hits, len(entries), _facets(reader, scores, facets))

        return self._read(read)

    def facets(self, tree: query.Query, fields: Sequence[str]) -> FacetCounts:
        return self._read(lambda reader: _facets(reader, Evaluation(reader).evaluate(tree), fields))

    def count(self, tree: query.Query) -> int:
        return self._read(lambda reader: len(Evaluation(reader).evaluate(tree)))

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        return self._read(lambda reader: terms_of(reader, field, prefix))

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        counts = self._read(lambda reader: {token: reader.doc_frequency(field, token) for token in tokens})
        return {token: count for token, count in counts.items() if count}

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        return single_characters(self.terms(field, unit), unit)

    def ids(self) -> set[str]:
        return self._read(lambda reader: {reader.stored_fields(doc)["id"] for doc in reader.all_doc_ids()})

    def refresh(self) -> bool:
        if self._reader.generation() == self._index.latest_generation():
            return False
        self._read(lambda reader: None, fresh=True)
        return True

    @contextmanager
    def writer(self) -> Iterator[WhooshWriter]:
        writer = WhooshWriter(self._index, self._directory)
        try:
            yield writer
        finally:
            writer.close()

    def close(self) -> None:
        self._reader.close()

    def _read(self, read: Callable[[IndexReader], T], *, fresh: bool = False) -> T:
        """Calls `read` with a reader, and again with a newer one where files have been removed meanwhile.
        One call at a time: all matchers of a Whoosh reader seek and read in the same files."""
        with self._lock:
            return self._read_alone(read, fresh=fresh)

    def _read_alone(self, read: Callable[[IndexReader], T], *, fresh: bool) -> T:
        for attempt in range(_TRIES):
            try:
                if fresh or attempt:
                    newer = self._index.reader()
                    self._reader.close()
                    self._reader = newer
                return read(self._reader)
            except Exception as error:  # noqa: BLE001  # as above
                failure = error
        raise EngineError(
            "{engine}: {reason}", engine="whoosh", reason=f"{type(failure).__name__}: {failure}"
        ) from failure


class WhooshWriter:
    """See `index.engines.base.EngineWriter`. Whoosh's own writer is opened when needed, because opening
    makes files."""

    def __init__(self, index: whoosh_index.Index, directory: Path) -> None:
        self._index = index
        self._directory = directory
        self._opened: SegmentWriter | None = None
        # Written at commit: Whoosh deletes only what was committed before.
        self._added: dict[str, Document] = {}
        for unfinished in directory.glob("*.tmp"):  # of a writer that was killed
            shutil.rmtree(unfinished)

    @property
    def _writer(self) -> SegmentWriter:
        if self._opened is None:
            self._opened = self._index.writer(limitmb=256)
        return self._opened

    def add(self, document: Document, article: PackedArticle | None = None) -> None:
        self._added[document.id] = document

    def delete(self, document_id: str) -> None:
        self._added.pop(document_id, None)
        self._writer.delete_by_term("id", document_id)

    def commit(self) -> dict[str, str]:
        for document in self._added.values():
            self._write(document)
        self._added.clear()
        self._writer.commit()
        self._opened = None
        remove_group_write(self._directory)
        flush_tree(self._directory)  # Whoosh leaves that to the system
        return {}

    def close(self) -> None:
        if self._opened is not None:
            self._opened.cancel()
        last = self._index._read_toc()
        whoosh_index.clean_files(self._index.storage, self._index.indexname, last.generation, last.segments)

    def _write(self, document: Document) -> None:
        stored = {name: list(getattr(document, name)) for name in FACET_FIELDS}
        self._writer.add_document(
            id=document.id,
            stored={
                **stored,
                "date": document.date,
                "newest": document.newest_key,
                "oldest": document.oldest_key,
            },
            **{name: _SEPARATOR.join(getattr(document, name)) for name in KEY_FIELDS},
            **{name: getattr(document, name) for name in TEXT_FIELDS},
            **{f"{name}_length": _token_count(getattr(document, name)) for name in SCORED_FIELDS},
        )


def _facets(reader: IndexReader, documents: Iterable[int], fields: Sequence[str]) -> FacetCounts:
    counters: dict[str, Counter[str]] = {name: Counter() for name in fields}
    for doc in documents if fields else ():
        stored = reader.stored_fields(doc)["stored"]
        for name, counter in counters.items():
            counter.update(stored[name])
    return {name: list(counter.items()) for name, counter in counters.items()}


def _newest_first(date: int | None) -> tuple[bool, int]:
    return date is None, -(date or 0)


def _token_count(tokens: str) -> int:
    return tokens.count(" ") + 1 if tokens else 0
