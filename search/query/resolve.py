"""The parser's tree → the resolved tree (`nodes.py`). Words, patterns and synonyms are looked up here only.

Words are cut and counted against the limit in the order typed. Parts that search for nothing are left out;
parts over a limit are left out with a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, pairwise

from whoosh import query

from index.analysis import Analyzer
from index.analysis.document import KEY_FIELDS
from index.analysis.fold import fold, fold_key
from index.analysis.grams import BOUNDARY, END
from index.article import Added
from search.query import nodes
from search.query.equivalents import equivalents
from search.query.grammar import SEARCHED_FIELDS, Words
from search.query.nodes import Alternatives, UnitSequence
from search.query.parser import DateRange, Note
from search.query.synonyms import NO_SYNONYMS, Synonyms
from search.query.wildcard import wildcard_pattern, within_distance
from search.query.words import query_words, text_of

# `Engine.terms`: the tokens of a field that start so, with their document frequencies.
Expand = Callable[[str, str], list[tuple[str, int]]]

# Grams that the unfinished ones of one phrase may stand for: as many as OpenSearch lists of one shard.
# tantivy takes 16,384, for half a second.
MAX_GRAMS = 1_000

# Other notations that are searched for, for all words of a query.
_MAX_EQUIVALENTS = 24

# Forms that need not be added: each with the field in which it is searched for anyway.
_Given = frozenset[tuple[str, UnitSequence]]


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Dependencies of resolving and planning a query. `terms` and `count` are the engine's, `added`
    is that of the articles; the limits come from settings."""

    analyzer: Analyzer
    terms: Expand
    max_words: int
    max_expansions: int
    max_grams: int = MAX_GRAMS
    synonyms: Synonyms = NO_SYNONYMS
    count: Callable[[query.Query], int] = lambda _: 0
    added: Callable[[int | None, int | None], Added | None] = lambda start, end: None


def resolve(parsed: query.Query, context: QueryContext) -> tuple[nodes.Node | None, tuple[Note, ...]]:
    """The resolved tree (None if there is nothing to search for), and notes on what was ignored."""
    resolver = _Resolver(context)
    if context.synonyms.forms:
        parsed = _joined(parsed, context)
    return resolver.node(parsed), tuple(resolver.notes)


def common_endings(
    field: str, units: Sequence[str], terms: Expand, max_grams: int = MAX_GRAMS
) -> Counter[str] | None:
    """Units that the unfinished last one of several may be, with their document frequencies; None where the
    engine can look the prefix up.

    It can, unless the prefix is the second unit of a pair behind other units and too many grams start with
    that pair.
    """
    *head, last = units
    if len(head) < 2 or not last.endswith(END):
        return None
    stem = last.removesuffix(END)
    fields = SEARCHED_FIELDS[field]
    if all(len(terms(f"{name}_grams", head[-1] + stem)) <= max_grams for name in fields):
        return None
    counts: Counter[str] = Counter()
    for name in fields:
        counts.update(dict(terms(f"{name}_units", stem)))
    return counts


def _joined(parsed: query.Query, context: QueryContext) -> query.Query:
    """The parser's tree, with adjacent plain words merged where they have synonyms together."""
    if not isinstance(parsed, query.And | query.Or):
        return parsed
    children = [_joined(child, context) for child in parsed.subqueries]
    if isinstance(parsed, Words):
        children = list(_joined_words(children, context))
        if len(children) == 1 and parsed.boost == 1.0:
            return children[0]
    return type(parsed)(children, boost=parsed.boost)


def _joined_words(children: Sequence[query.Query], context: QueryContext) -> Iterator[query.Query]:
    for key, group in groupby(
        children, lambda each: (each.fieldname, each.boost) if _is_text(each) else None
    ):
        side_by_side = list(group)
        if key is None or len(side_by_side) == 1:
            yield from side_by_side
            continue
        name, boost = key
        for text in context.synonyms.join(context.analyzer, [each.text for each in side_by_side]):
            yield query.Term(name, text, boost=boost)


class _Resolver:
    """Resolves one tree, counting its words."""

    def __init__(self, context: QueryContext) -> None:
        self._context = context
        self._analyzer = context.analyzer
        self._words_left = context.max_words
        self._equivalents_left = _MAX_EQUIVALENTS
        self.notes: list[Note] = []

    def node(
        self, parsed: query.Query, given: _Given = frozenset(), *, is_negated: bool = False
    ) -> nodes.Node | None:
        """The resolved node of a parser's node; None if it searches for nothing."""
        match parsed:
            case query.And() | query.Or():
                return self._group(parsed, given, is_negated)
            case query.Not():
                inner = self.node(parsed.query, given, is_negated=True)
                return None if inner is None else nodes.Not(inner)
            case query.Term() if _is_text(parsed):
                return self._text(parsed, given, is_negated)
            case _ if parsed is query.NullQuery or not self._take(1):
                return None
            case DateRange() if parsed.fieldname == "added":
                return self._came_in(parsed)
            case DateRange():
                return nodes.Dates(parsed.typed, parsed.start, parsed.end)
            case _ if parsed.fieldname in KEY_FIELDS:
                return _field_value(parsed)
            case query.Phrase():
                return self._phrase(parsed)
            case query.Prefix():
                return self._prefix(parsed)
            case query.Wildcard() | query.FuzzyTerm():
                return self._pattern(parsed)
        raise TypeError(parsed)

    def _group(self, parsed: query.Query, given: _Given, is_negated: bool) -> nodes.Node | None:
        is_or = isinstance(parsed, query.Or)
        forms = [form for child in parsed.subqueries if (form := self._form(child))] if is_or else []
        given |= frozenset(forms)
        children: list[nodes.Node] = []
        texts: list[tuple[str, str]] = []
        for child in parsed.subqueries:
            node = self.node(child, given, is_negated=is_negated)
            if node is not None:
                children.append(node)
            if is_or and isinstance(node, nodes.Text) and len(node.alternatives) == 1:
                given |= {(node.field, form) for form in node.alternatives[0].synonyms}
            if _is_text(child) and (node is not None or self._words_left):
                texts.append((child.fieldname, node.text if isinstance(node, nodes.Text) else child.text))
        if not children:
            return None
        if is_or:
            is_synonymous = len(forms) == len(parsed.subqueries) and self._are_synonymous(forms)
            return nodes.AnyOf(tuple(children), parsed.boost, is_synonymous)
        return nodes.All(tuple(children), parsed.boost, isinstance(parsed, Words), self._run(texts))

    def _form(self, parsed: query.Query) -> tuple[str, UnitSequence] | None:
        """The field and units of a plain text or a phrase, which may be a synonym."""
        if not self._context.synonyms.forms:
            return None
        if _is_text(parsed) or (isinstance(parsed, query.Phrase) and not parsed.slop):
            return parsed.fieldname, tuple(self._analyzer.units(_typed(parsed)))
        return None

    def _are_synonymous(self, forms: Sequence[tuple[str, UnitSequence]]) -> bool:
        """True if these are one form and some of its synonyms."""
        synonyms = self._context.synonyms.forms
        return any(
            set(forms) <= {(field, other) for other in (form, *synonyms[form])}
            for field, form in forms
            if form in synonyms
        )

    def _run(self, texts: Sequence[tuple[str, str]]) -> nodes.Run | None:
        """The plain texts of a group as a run, if they may be one phrase. Each comes with its field."""
        if len(texts) < 2 or len({field for field, _ in texts}) > 1:
            return None
        units = self._analyzer.units(" ".join(text for _, text in texts))
        if BOUNDARY in units or len(units) < 2:
            return None
        return nodes.Run(SEARCHED_FIELDS[texts[0][0]], tuple(text for _, text in texts), tuple(units))

    def _text(self, parsed: query.Term, given: _Given, is_negated: bool) -> nodes.Text | None:
        typed = tuple(map(tuple, query_words(self._analyzer, parsed.text)))
        words = typed[: self._take(len(typed))]
        if not words:
            return None
        text = parsed.text if words == typed else " ".join(map(text_of, words))
        # A synonym under NOT would take articles away.
        synonyms = NO_SYNONYMS if is_negated else self._context.synonyms
        beside = {form for field, form in given if field == parsed.fieldname}
        alternatives = synonyms.alternatives(self._analyzer, text, words, beside)
        alternatives = tuple(map(self._with_equivalents, alternatives))
        units = tuple(self._analyzer.units(text))
        return nodes.Text(parsed.fieldname, text, parsed.boost, units, words, alternatives)

    def _with_equivalents(self, alternatives: Alternatives) -> Alternatives:
        """Adds equivalents of a word, up to a limit for the whole query."""
        if len(alternatives.words) > 1:
            return alternatives
        found = equivalents(alternatives.words[0])[: self._equivalents_left]
        self._equivalents_left -= len(found)
        return replace(alternatives, equivalents=found) if found else alternatives

    def _phrase(self, parsed: query.Phrase) -> nodes.Phrase | None:
        text = _typed(parsed)
        units = tuple(self._analyzer.units(text))
        if not units:
            return None
        parts = (tuple(self._analyzer.units(part)) for part in text.split())
        words = tuple(word for word in parts if word) if parsed.slop else ()
        if len(words) < 2:
            return nodes.Phrase(parsed.fieldname, text, parsed.boost, units, parsed.slop)
        any_distance = self._any_distance(SEARCHED_FIELDS[parsed.fieldname], words)
        if any_distance:
            self.notes.append(
                Note(
                    "Some words of {text} are too common to check their distance, and may stand anywhere.",
                    {"text": text},
                )
            )
        return nodes.Phrase(parsed.fieldname, text, parsed.boost, units, parsed.slop, words, any_distance)

    def _any_distance(
        self, fields: Sequence[str], words: Sequence[UnitSequence]
    ) -> frozenset[tuple[str, int]]:
        """Pairs of words (field and number) in which single units begin too many grams for a distance to
        be checked."""

        def grams(field: str, words: Sequence[UnitSequence]) -> int:
            return sum(
                len(self._context.terms(f"{field}_grams", word[0])) for word in words if len(word) == 1
            )

        return frozenset(
            (field, number)
            for field in fields
            for number, pair in enumerate(pairwise(words))
            if grams(field, pair) > self._context.max_grams
        )

    def _came_in(self, parsed: DateRange) -> nodes.CameIn | None:
        found = self._context.added(parsed.start, parsed.end)
        if found is None:
            self.notes.append(
                Note(
                    "When articles came in is not known on a cluster; added:{text} was left out.",
                    {"text": parsed.typed},
                )
            )
            return None
        return nodes.CameIn(parsed.typed, found.ids, found.is_rest)

    def _prefix(self, parsed: query.Prefix) -> nodes.Prefix | None:
        units = tuple(self._analyzer.units(parsed.text))
        if not units:
            return None
        counts = common_endings(parsed.fieldname, units, self._context.terms, self._context.max_grams)
        endings = None if counts is None else self._most_common(parsed.text, counts)
        return nodes.Prefix(parsed.fieldname, parsed.text, parsed.boost, units, endings)

    def _pattern(self, parsed: query.Wildcard | query.FuzzyTerm) -> nodes.Pattern:
        """Expands a pattern to the matching words of the index."""
        text = fold(parsed.text)
        is_like: Callable[[str], object]
        if isinstance(parsed, query.Wildcard):
            written, prefix = parsed.text, re.split(r"[*?]", text)[0]
            is_like = wildcard_pattern(text).fullmatch
        else:
            distance = int(parsed.maxdist)
            written, prefix = f"{parsed.text}~{distance}", text[0]
            is_like = partial(within_distance, text, limit=distance)
        counts: Counter[str] = Counter()
        for field in SEARCHED_FIELDS[parsed.fieldname]:
            for unit, documents in self._context.terms(f"{field}_units", prefix):
                if unit.endswith(END) and is_like(unit.removesuffix(END)):
                    counts[unit] += documents
        units = self._most_common(prefix, counts)
        return nodes.Pattern(parsed.fieldname, written, parsed.boost, prefix, units)

    def _most_common(self, prefix: str, counts: Counter[str]) -> tuple[str, ...]:
        """The most frequent units, up to the limit."""
        limit = self._context.max_expansions
        if len(counts) > limit:
            self.notes.append(
                Note(
                    "{prefix}… stands for {count} words; the {limit} most frequent were searched "
                    "(max_expansions).",
                    {"prefix": prefix, "count": len(counts), "limit": limit},
                )
            )
        return tuple(unit for unit, _ in counts.most_common(limit))

    def _take(self, wanted: int) -> int:
        """Takes up to `wanted` words or operands from the limit; returns how many are left to use."""
        taken = min(wanted, self._words_left)
        self._words_left -= taken
        note = Note(
            "The query has more than {limit} words (max_query_words); the last ones were ignored.",
            {"limit": self._context.max_words},
        )
        if taken < wanted and note not in self.notes:
            self.notes.append(note)
        return taken


def _field_value(parsed: query.Query) -> nodes.FieldValue:
    text = _typed(parsed)
    return nodes.FieldValue(
        parsed.fieldname,
        text,
        parsed.boost,
        key=fold_key(text),
        is_prefix=isinstance(parsed, query.Prefix),
        is_quoted=isinstance(parsed, query.Phrase),
    )


def _is_text(parsed: query.Query) -> bool:
    return isinstance(parsed, query.Term) and parsed.fieldname in SEARCHED_FIELDS


def _typed(parsed: query.Query) -> str:
    return str(parsed.words[0]) if isinstance(parsed, query.Phrase) else str(parsed.text)
