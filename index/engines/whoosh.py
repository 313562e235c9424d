"""The reference engine: Whoosh, pure Python. Slow, and easy to read.

Whoosh stores the postings and reads them back; trees are evaluated here, a node at a time, to plain
dicts of scores. (Whoosh's own matchers can't be the reference: `Require` compiles to AndNot,
`ConstantScoreQuery` keeps its child's scores when positions are wanted, and phrases know no offsets.)
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from whoosh import columns, fields, query
from whoosh import index as whoosh_index
from whoosh.analysis import RegexTokenizer
from whoosh.matching import Matcher
from whoosh.reading import IndexReader, TermNotFound
from whoosh.writing import SegmentWriter

from index import bm25
from index.disk import flush_tree
from index.engine import (
    FACET_FIELDS,
    GRAM_FIELDS,
    KEY_FIELDS,
    NOWHERE,
    SCORED_FIELDS,
    TEXT_FIELDS,
    UNIT_FIELDS,
    WORD_FIELDS,
    AnyTerm,
    Description,
    Document,
    FacetCounts,
    GramPhrase,
    Hit,
    Hits,
    Sort,
    frequencies_of,
    single_characters,
)
from index.errors import EngineError, IndexDamagedError, SouwenError

if TYPE_CHECKING:
    from index.records import PackedArticle

# Joins the values of a field that has several; no value contains it.
_SEPARATOR = "\x1f"
# A reader opens some files late: a commit in between may have removed them.
_TRIES = 5

Scores = dict[int, float]
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


class WhooshEngine:
    """See `index.engine.Engine`."""

    def __init__(self, directory: Path) -> None:
        self._lock = threading.Lock()
        self._directory = directory
        try:
            _refuse_foreign(directory)
            self._index = whoosh_index.open_dir(str(directory))
            self._reader = self._index.reader()
        except SouwenError:
            raise
        except Exception as error:  # noqa: BLE001  # reading damaged files, Whoosh stumbles over anything
            raise IndexDamagedError(
                "{file}: {engine} can't open it: {reason}", file=directory, engine="whoosh", reason=error
            ) from None

    @classmethod
    def create(cls, directory: Path, description: Description = NOWHERE) -> WhooshEngine:
        directory.mkdir(mode=0o755)
        whoosh_index.create_in(str(directory), _schema())
        _keep_to_ourselves(directory)
        return cls(directory)

    @classmethod
    def open(cls, directory: Path) -> WhooshEngine:
        return cls(directory)

    def search(self, tree: query.Query, *, sort: Sort, offset: int, limit: int) -> Hits:
        def read(reader: IndexReader) -> Hits:
            scores = _Evaluation(reader).evaluate(tree)
            entries = [(doc, score, reader.stored_fields(doc)) for doc, score in scores.items()]
            if sort is Sort.RELEVANCE:
                entries.sort(key=lambda e: (-e[1], *_newest_first(e[2]["stored"]["date"]), e[2]["id"]))
            elif sort is Sort.NEWEST:
                entries.sort(key=lambda e: str(e[2]["stored"]["newest"]), reverse=True)
            else:
                entries.sort(key=lambda e: str(e[2]["stored"]["oldest"]))
            page = entries[offset : offset + limit]
            by_score = sort is Sort.RELEVANCE
            return Hits(tuple(Hit(e[2]["id"], e[1] if by_score else 0.0) for e in page), len(entries))

        return self._read(read)

    def facets(self, tree: query.Query, fields: Sequence[str]) -> FacetCounts:
        def read(reader: IndexReader) -> FacetCounts:
            counters: dict[str, Counter[str]] = {name: Counter() for name in fields}
            for doc in _Evaluation(reader).evaluate(tree):
                stored = reader.stored_fields(doc)["stored"]
                for name, counter in counters.items():
                    counter.update(stored[name])
            return {name: list(counter.items()) for name, counter in counters.items()}

        return self._read(read)

    def count(self, tree: query.Query) -> int:
        return self._read(lambda reader: len(_Evaluation(reader).evaluate(tree)))

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        return self._read(lambda reader: _terms(reader, field, prefix))

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        return frequencies_of(lambda token: self.terms(field, token), tokens)

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
    def writer(self) -> Iterator[_Writer]:
        writer = _Writer(self._index, self._directory)
        try:
            yield writer
        finally:
            writer.close()

    def close(self) -> None:
        self._reader.close()

    def _read(self, read: Callable[[IndexReader], T], *, fresh: bool = False) -> T:
        """Calls `read` with a reader, and again with a newer one where files have gone meanwhile.

        One at a time: Whoosh seeks and reads in files that all matchers of a reader share.
        """
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


class _Evaluation:
    """Evaluates a tree to the scores of its documents, by document number."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._documents = reader.doc_count_all()

    def evaluate(self, node: query.Query) -> Scores:
        match node:
            case query.Term():
                return self._term(node)
            case GramPhrase():
                return self._phrase(node)
            case query.Prefix():
                texts = [text for text, _ in _terms(self._reader, node.fieldname, node.text)]
                return dict.fromkeys(self._any_of(node.fieldname, texts), 1.0)
            case AnyTerm():
                return dict.fromkeys(self._any_of(node.fieldname, node.texts), 1.0)
            case query.NumericRange():
                return self._date_range(node)
            case query.Every():
                return dict.fromkeys(self._reader.all_doc_ids(), 1.0)
            case query.And():
                return self._and(node)
            case query.Or():
                return _added(self.evaluate(child) for child in node.subqueries)
            case query.Not():
                return self._and(query.And([node]))
            case query.AndMaybe():
                required, optional = self.evaluate(node.a), self.evaluate(node.b)
                return {doc: score + optional.get(doc, 0.0) for doc, score in required.items()}
            case query.ConstantScoreQuery():
                return dict.fromkeys(self.evaluate(node.child), node.score)
            case query.NullQuery:
                return {}
        raise EngineError("{engine}: no way to evaluate {node!r}", engine="whoosh", node=node)

    def _and(self, node: query.And) -> Scores:
        wanted = [child for child in node.subqueries if not isinstance(child, query.Not)]
        first, *rest = wanted or [query.Every()]
        scores = self.evaluate(first)
        for child in rest:
            others = self.evaluate(child)
            scores = {doc: score + others[doc] for doc, score in scores.items() if doc in others}
        for child in node.subqueries:
            if isinstance(child, query.Not):
                unwanted = self.evaluate(child.query)
                scores = {doc: score for doc, score in scores.items() if doc not in unwanted}
        return scores

    def _term(self, node: query.Term) -> Scores:
        frequencies = {
            matcher.id(): matcher.weight() for matcher in self._postings(node.fieldname, node.text)
        }
        if node.fieldname not in SCORED_FIELDS:
            return dict.fromkeys(frequencies, 1.0)
        return self._bm25(node.fieldname, [node.text], frequencies, node.boost)

    def _phrase(self, node: GramPhrase) -> Scores:
        (_, first), *others = node.grams
        starts = self._positions(node.fieldname, first, 0 in node.unfinished)
        for offset, gram in others:
            positions = self._positions(node.fieldname, gram, offset in node.unfinished)
            both = ((doc, starts[doc], positions[doc]) for doc in starts.keys() & positions.keys())
            found = ((doc, _near(here, {p - offset for p in there}, node.slop)) for doc, here, there in both)
            starts = {doc: here for doc, here in found if here}
        if node.slop:
            return dict.fromkeys(starts, node.boost)
        frequencies = {doc: float(len(here)) for doc, here in starts.items()}
        return self._bm25(node.fieldname, [gram for _, gram in node.grams], frequencies, node.boost)

    def _positions(self, field: str, gram: str, is_unfinished: bool) -> dict[int, set[int]]:
        """Where a gram stands (or every gram that starts so), by document."""
        grams = [term for term, _ in _terms(self._reader, field, gram)] if is_unfinished else [gram]
        found: dict[int, set[int]] = {}
        for one in grams:
            for matcher in self._postings(field, one):
                found.setdefault(matcher.id(), set()).update(matcher.value_as("positions"))
        return found

    def _bm25(self, field: str, terms: list[str], frequencies: Scores, boost: float) -> Scores:
        if not frequencies:
            return {}
        idf = sum(bm25.idf(self._documents, self._reader.doc_frequency(field, term)) for term in terms)
        average = self._reader.field_length(field) / self._documents
        lengths = self._reader.column_reader(f"{field}_length")
        return {
            doc: boost * bm25.score(idf, frequency, bm25.stored_length(lengths[doc]), average)
            for doc, frequency in frequencies.items()
        }

    def _date_range(self, node: query.NumericRange) -> Scores:
        found: Scores = {}
        for doc in self._reader.all_doc_ids():
            date = self._reader.stored_fields(doc)["stored"]["date"]
            if date is None:
                continue
            below = node.start is not None and (date < node.start or (node.startexcl and date == node.start))
            above = node.end is not None and (date > node.end or (node.endexcl and date == node.end))
            if not below and not above:
                found[doc] = 1.0
        return found

    def _any_of(self, field: str, terms: Iterable[str]) -> set[int]:
        return {matcher.id() for term in terms for matcher in self._postings(field, term)}

    def _postings(self, field: str, term: str) -> Iterator[Matcher]:
        """The matcher of a term, at each of its documents in turn."""
        try:
            matcher = self._reader.postings(field, term)
        except TermNotFound:
            return
        while matcher.is_active():
            yield matcher
            matcher.next()


class _Writer:
    """See `index.engine.EngineWriter`. Whoosh's own is opened when it is needed: each makes files."""

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
        _keep_to_ourselves(self._directory)
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
            author=_SEPARATOR.join(document.author),
            category=_SEPARATOR.join(document.category),
            stored={
                **stored,
                "date": document.date,
                "newest": document.newest_key,
                "oldest": document.oldest_key,
            },
            **{name: getattr(document, name) for name in TEXT_FIELDS},
            **{f"{name}_length": _token_count(getattr(document, name)) for name in SCORED_FIELDS},
        )


def _terms(reader: IndexReader, field: str, prefix: str) -> list[tuple[str, int]]:
    texts = [text.decode() for text in reader.expand_prefix(field, prefix)]
    return [(text, reader.doc_frequency(field, text)) for text in texts]


def _added(parts: Iterable[Scores]) -> Scores:
    total: Scores = {}
    for scores in parts:
        for doc, score in scores.items():
            total[doc] = total.get(doc, 0.0) + score
    return total


def _near(starts: set[int], others: set[int], slop: int) -> set[int]:
    if not slop:
        return starts & others
    return {start for start in starts if any(abs(start - other) <= slop for other in others)}


def _newest_first(date: int | None) -> tuple[bool, int]:
    return date is None, -(date or 0)


def _token_count(tokens: str) -> int:
    return tokens.count(" ") + 1 if tokens else 0


def _keep_to_ourselves(directory: Path) -> None:
    """Takes the right to write from the group, which some systems give to all new files."""
    for path in directory.iterdir():
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            path.chmod(mode & ~(stat.S_IWGRP | stat.S_IWOTH))


def _refuse_foreign(directory: Path) -> None:
    """An index of Whoosh holds pickles: opening one that somebody else can write runs their code."""
    if os.name != "posix":
        return
    for path in (directory, *directory.iterdir()):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # a commit has removed it
        unwanted = stat.S_IWGRP | stat.S_IWOTH
        if path != directory and status.st_gid == os.getegid():
            unwanted = stat.S_IWOTH  # a commit that is going on takes our group's right away in the end
        if status.st_uid in (os.geteuid(), 0) and not status.st_mode & unwanted:
            continue
        raise EngineError(
            "{file}: refused, since others can write to it, and opening a Whoosh index runs code "
            "that it contains. If it is yours, run: {command}",
            file=path,
            command=f"chown -R {os.geteuid()} {directory}; chmod -R go-w {directory}",
        )
