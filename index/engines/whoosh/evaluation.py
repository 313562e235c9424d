"""Trees of `whoosh.query` → the scores of documents. `index/engines/base.py` defines the nodes.

A tree is evaluated a node at a time, to plain dicts. (Whoosh's own matchers can't be the reference: `Require`
compiles to AndNot, `ConstantScoreQuery` keeps its child's scores when positions are wanted, and phrases know
no offsets.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whoosh import query
from whoosh.matching import Matcher
from whoosh.reading import IndexReader, TermNotFound

from index.analysis.document import SCORED_FIELDS
from index.engines import bm25
from index.engines.nodes import GramPhrase, TermSet
from index.errors import EngineError

Scores = dict[int, float]


class Evaluation:
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
                texts = [text for text, _ in terms_of(self._reader, node.fieldname, node.text)]
                return dict.fromkeys(self._any_of(node.fieldname, texts), 1.0)
            case TermSet():
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
        raise EngineError("{engine}: unknown query node {node!r}", engine="whoosh", node=node)

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
        """The positions of a gram (or of every gram that starts so), by document."""
        grams = [term for term, _ in terms_of(self._reader, field, gram)] if is_unfinished else [gram]
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


def terms_of(reader: IndexReader, field: str, prefix: str) -> list[tuple[str, int]]:
    """The tokens of a field that start so, with their document frequencies."""
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
