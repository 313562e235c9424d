"""Logical tree → physical tree: what must match, what it scores, and what follows when little matches.

Matching and scoring are apart. Grams decide what matches (any substring is found, whatever a dictionary
thinks of it); words and grams together decide the order, as measured in bench/README.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from itertools import pairwise

from whoosh import query

from index.analysis import Analyzer
from index.analysis.fold import fold, fold_key
from index.analysis.grams import BOUNDARY, END
from index.engines.nodes import TermSet
from search.planning import scoring
from search.planning.expansion import NO_THESAURUS, Alternatives, Thesaurus
from search.planning.matching import (
    SEARCHED,
    Expand,
    all_of,
    any_of,
    match_any,
    match_open,
    match_units,
    near,
    text_of,
)
from search.planning.plan import HighlightTerm, Plan
from search.planning.scoring import (
    boosted,
    combined,
    content_words,
    near_scores,
    pattern_scores,
    phrase_scores,
    word_scores,
)
from search.planning.synonyms import UnitSequence
from search.planning.unparse import QueryPrinter
from search.query.grammar import Words
from search.query.parser import DateRange, Note
from search.query.wildcard import wildcard_pattern
from search.query.words import is_compound, partial_words, query_words


@dataclass(frozen=True, slots=True)
class Planning:
    """What a plan depends on, besides the query. `terms` is `Engine.terms`; the limits are settings."""

    analyzer: Analyzer
    terms: Expand
    max_words: int
    max_expansions: int
    thesaurus: Thesaurus = NO_THESAURUS


def make_plan(tree: query.Query, planning: Planning) -> Plan:
    """The plan of a logical tree."""
    planner = _Planner(planning)
    tree = planning.thesaurus.synonyms.joined(planning.analyzer, tree)
    match, scores = planner.plan(tree)
    if match is query.NullQuery:
        return Plan(match, None, (), (), "", (*planner.notes, Note("There is nothing to search for.")), {})
    synonyms = {form: said for form, said in planner.synonyms.items() if form not in planner.typed}
    return Plan(
        strict=match,
        relaxed=planner.relax(tree),
        scores=tuple(combined(scores)),
        highlight_terms=tuple(dict.fromkeys(planner.highlight_terms)),
        understood=planner.rewriter.write(tree),
        notes=(*planner.notes, *_synonym_notes(synonyms)),
        synonyms=synonyms,
    )


def make_match(tree: query.Query, planning: Planning) -> query.Query:
    """What `make_plan` gives as `strict`, in less time: it is all that counting asks for."""
    return _Planner(planning).plan(planning.thesaurus.synonyms.joined(planning.analyzer, tree))[0]


def _synonym_notes(synonyms: dict[str, str]) -> list[Note]:
    """Why there are articles without a word that was typed."""
    text = ", ".join(synonyms)
    return [Note("Synonyms were searched for, too: {synonyms}.", {"synonyms": text})] if text else []


class _Planner:
    def __init__(self, planning: Planning) -> None:
        self._analyzer = planning.analyzer
        self._terms = planning.terms
        self._words_left = self._max_words = planning.max_words
        self._max_expansions = planning.max_expansions
        self._thesaurus = planning.thesaurus
        # What stands beside the node in an OR: it is not added once more.
        self._given: frozenset[tuple[str, UnitSequence]] = frozenset()
        self._is_negated = False
        # By identity of the node:
        self._matches: dict[int, query.Query] = {}
        self._slots: dict[int, list[Alternatives]] = {}
        self._texts: dict[int, str] = {}
        self.notes: list[Note] = []
        self.highlight_terms: list[HighlightTerm] = []
        self.synonyms: dict[str, str] = {}
        self.typed: set[str] = set()

    @property
    def rewriter(self) -> QueryPrinter:
        """Writes out a tree that was planned."""
        return QueryPrinter(self._analyzer, self._matches, self._slots, self._is_synonymous)

    def plan(self, node: query.Query) -> tuple[query.Query, list[query.Query]]:
        """What a document must match, and what gives it a score."""
        match, scores = self._plan(node)
        self._matches[id(node)] = match
        return match, scores

    def _plan(self, node: query.Query) -> tuple[query.Query, list[query.Query]]:
        match node:
            case query.And() | query.Or():
                return self._group(node)
            case query.Not():
                marked, negated = len(self.highlight_terms), self._is_negated
                self._is_negated = True
                inner, _ = self.plan(node.query)
                self._is_negated = negated
                del self.highlight_terms[marked:]
                return (inner if inner is query.NullQuery else query.Not(inner)), []
            case query.NullQuery:
                return query.NullQuery, []
            case query.Term() if _is_plain(node):
                return self._plain(node)
            case _ if not self._take(1):
                return query.NullQuery, []
            case DateRange():
                return node, []
            case query.Prefix() if node.fieldname in ("author", "category"):
                return query.Prefix(node.fieldname, fold_key(node.text)), []
            case _ if node.fieldname in ("author", "category"):
                return query.Term(node.fieldname, fold_key(_typed(node))), []
            case query.Phrase():
                return self._phrase(node)
            case query.Prefix():
                return self._prefix(node)
            case query.Wildcard() | query.FuzzyTerm():
                return self._expanded(node)
        return query.NullQuery, []

    def relax(self, tree: query.Query) -> query.Query | None:
        """What matches when not all plain words have to: all else still does, negation included, and
        everything that AND was typed between."""
        parts = list(tree.subqueries) if isinstance(tree, Words) else [tree]
        plain = [part for part in parts if _is_plain(part)]
        synonymous = [part for part in parts if self._is_synonymous(part)]
        slots = [slot for part in plain for slot in self._slots.get(id(part), [])]
        if sum(1 + is_compound(word) for slot in slots for word in slot.words) + len(synonymous) < 2:
            return None
        words = [
            (part.fieldname, tuple(word))
            for part in plain
            for word in (
                *partial_words(self._analyzer, self._texts.get(id(part), "")),
                *(form for slot in self._slots.get(id(part), []) for form in slot.synonyms),
            )
        ]
        optional = [*match_any(words), *(self._matches[id(part)] for part in synonymous)]
        required = [
            self._matches[id(part)] for part in parts if not (_is_plain(part) or self._is_synonymous(part))
        ]
        return all_of([any_of(optional), *(part for part in required if part is not query.NullQuery)])

    def _group(self, node: query.Query) -> tuple[query.Query, list[query.Query]]:
        matches: dict[str, query.Query] = {}
        scores: list[query.Query] = []
        given = self._given
        if isinstance(node, query.Or):
            self._given |= {pair for child in node.subqueries for pair in self._form(child)}
        for child in node.subqueries:
            match, score = self.plan(child)
            if isinstance(node, query.Or) and len(slots := self._slots.get(id(child), [])) == 1:
                self._given |= {(child.fieldname, form) for form in slots[0].synonyms}
            if match is not query.NullQuery:
                matches.setdefault(repr(match), match)  # what is typed again is asked for once
                scores += [boosted(part, node.boost) for part in score]
        self._given = given
        if not matches:
            return query.NullQuery, []
        if isinstance(node, query.Or):
            return any_of([*matches.values()]), scores
        scores += self._whole_phrase(node)
        return all_of([*matches.values()]), scores

    def _whole_phrase(self, node: query.And) -> list[query.Query]:
        """A bonus for the words of a group as one phrase, in the order in which they were typed."""
        plain = [child for child in node.subqueries if self._texts.get(id(child))]
        if len(plain) < 2 or len({child.fieldname for child in plain}) > 1:
            return []
        texts = [self._texts[id(child)] for child in plain]
        units = self._analyzer.units(" ".join(texts))
        if BOUNDARY in units or len(units) < 2:
            return []
        fields = SEARCHED[plain[0].fieldname]
        self.highlight_terms.append(HighlightTerm(tuple(units), fields, 2.0 * len(units)))
        scores = phrase_scores(fields, units)
        for left, right in pairwise(content_words(self._analyzer, text) for text in texts):
            scores += near_scores(fields, [*left[-1:], *right[:1]])
        return [boosted(part, node.boost) for part in scores]

    def _plain(self, node: query.Term) -> tuple[query.Query, list[query.Query]]:
        """What was typed without signs: each of its words must occur."""
        words = query_words(self._analyzer, node.text)
        groups = words[: self._take(len(words))]
        # What is over the limit is neither matched nor scored.
        text = node.text if len(groups) == len(words) else " ".join(map(text_of, groups))
        self._texts[id(node)] = text
        if not groups:
            return query.NullQuery, []
        self.typed |= {text_of(word) for word in groups}
        fields = SEARCHED[node.fieldname]
        self._slots[id(node)] = slots = self._cut(node, text, groups)
        units = self._analyzer.units(text)
        scores = word_scores(self._analyzer, fields, text)
        if len(groups) > 1 and BOUNDARY not in units:
            scores += phrase_scores(fields, units)
            scores += near_scores(fields, content_words(self._analyzer, text))
            self.highlight_terms.append(HighlightTerm(tuple(units), fields, 2.0 * len(units)))
        self._mark_words(groups, fields)
        matches: list[query.Query] = []
        for slot in slots:
            match = all_of([match_units(node.fieldname, word) for word in slot.words])
            if slot.synonyms:
                said = text_of([unit for word in slot.words for unit in word])
                typed = word_scores(self._analyzer, fields, said)
                scores += self._thesaurus.scores(typed, slot.synonyms, scoring.WEIGHTS.synonym)
                self._mark_words([list(form) for form in slot.synonyms], fields)
                self.synonyms |= {text_of(form): said for form in slot.synonyms}
                match = any_of([match, *(match_units(node.fieldname, form) for form in slot.synonyms)])
            if match not in matches:
                matches.append(match)
        return all_of(matches), [boosted(score, node.boost) for score in scores]

    def _cut(self, node: query.Term, text: str, words: list[list[str]]) -> list[Alternatives]:
        """The words of a text, with the synonyms that are searched for, too. None are where NOT stands
        before: a synonym must not take anything away."""
        if self._is_negated:
            return [Alternatives([word]) for word in words]
        given = {form for field, form in self._given if field == node.fieldname}
        return self._thesaurus.slots(self._analyzer, text, words, given)

    def _form(self, node: query.Query) -> list[tuple[str, UnitSequence]]:
        """The field and the units of what is a form by itself: a plain text or a phrase."""
        if _is_plain(node) or (isinstance(node, query.Phrase) and not node.slop):
            return [(node.fieldname, tuple(self._analyzer.units(_typed(node))))]
        return []

    def _is_synonymous(self, node: query.Query) -> bool:
        """Whether a node says in full what one of its words would stand for by itself."""
        if not isinstance(node, query.Or):
            return False
        forms = [pair for child in node.subqueries for pair in self._form(child)]
        synonyms = self._thesaurus.synonyms.forms
        return len(forms) == len(node.subqueries) and any(
            {pair for pair in forms if pair != (field, form)}
            <= {(field, other) for other in synonyms.get(form, ())}
            for field, form in forms
            if form in synonyms
        )

    def _take(self, wanted: int) -> int:
        """How many of so many words and operands are within the limit."""
        taken = min(wanted, self._words_left)
        self._words_left -= taken
        note = Note(
            "The query has more than {limit} words (max_query_words); the last ones were ignored.",
            {"limit": self._max_words},
        )
        if taken < wanted and note not in self.notes:
            self.notes.append(note)
        return taken

    def _phrase(self, node: query.Phrase) -> tuple[query.Query, list[query.Query]]:
        text = _typed(node)
        units = self._analyzer.units(text)
        if not units:
            return query.NullQuery, []
        self.typed.add(text_of(units))
        fields = SEARCHED[node.fieldname]
        scores = [
            *word_scores(self._analyzer, fields, text),
            *(phrase_scores(fields, units) if len(units) > 1 else []),
        ]
        scores = [boosted(score, node.boost) for score in scores]
        groups = [self._analyzer.units(part) for part in text.split()]
        groups = [group for group in groups if group]
        if node.slop and len(groups) > 1:
            for group in groups:
                self.highlight_terms.append(HighlightTerm(tuple(group), fields, float(len(group))))
            matches, complete = zip(
                *(near(field, groups, node.slop, self._terms) for field in fields), strict=True
            )
            if not all(complete):
                self.notes.append(
                    Note(
                        "Some words of {text} are too common to be held to a distance, and were searched "
                        "anywhere.",
                        {"text": text},
                    )
                )
            return any_of(list(matches)), scores
        self.highlight_terms.append(HighlightTerm(tuple(units), fields, 2.0 * len(units)))
        return match_units(node.fieldname, units), scores

    def _prefix(self, node: query.Prefix) -> tuple[query.Query, list[query.Query]]:
        units = self._analyzer.units(node.text)
        if not units:
            return query.NullQuery, []
        fields = SEARCHED[node.fieldname]
        self.highlight_terms.append(HighlightTerm(tuple(units), fields, float(len(units)), is_prefix=True))
        if units[-1].endswith(END):
            scores = self._pattern_scores(fields, units[-1].removesuffix(END), str.startswith)
        else:
            scores = word_scores(self._analyzer, fields, node.text)
        match, counts = match_open(node.fieldname, units, self._terms, self._max_expansions)
        self._note_many(node.text, counts)
        return match, [boosted(score, node.boost) for score in scores]

    def _expanded(self, node: query.Query) -> tuple[query.Query, list[query.Query]]:
        """A pattern of letters stands for the words of the index that are like it."""
        fields = SEARCHED[node.fieldname]
        text = fold(node.text)
        if isinstance(node, query.Wildcard):
            pattern = wildcard_pattern(text)
            prefix = re.split(r"[*?]", text)[0]
            found = self._units_like(fields, prefix, lambda unit: bool(pattern.fullmatch(unit)))
        else:
            from search.query.wildcard import within_distance

            distance, prefix = int(node.maxdist), text[0]
            found = self._units_like(fields, prefix, lambda unit: within_distance(text, unit, distance))
        for unit in found:
            self.highlight_terms.append(HighlightTerm((unit,), fields, float(len(unit))))
        words = {unit.removesuffix(END) for unit in found}
        scores = self._pattern_scores(fields, prefix, lambda word, _: word in words)
        match = any_of([TermSet(f"{field}_units", tuple(found)) for field in fields])
        return match, [boosted(score, node.boost) for score in scores]

    def _pattern_scores(
        self, fields: Iterable[str], prefix: str, wanted: Callable[[str, str], bool]
    ) -> list[query.Query]:
        documents = self._thesaurus.count(query.Every())
        return pattern_scores(fields, prefix, wanted, self._terms, documents)

    def _units_like(self, fields: Iterable[str], prefix: str, wanted: Callable[[str], bool]) -> list[str]:
        """The letter units that start so and are wanted, the most frequent first, up to the limit."""
        counts: Counter[str] = Counter()
        for field in fields:
            for unit, documents in self._terms(f"{field}_units", prefix):
                if unit.endswith(END) and wanted(unit.removesuffix(END)):
                    counts[unit] += documents
        self._note_many(prefix, counts)
        return [unit for unit, _ in counts.most_common(self._max_expansions)]

    def _note_many(self, prefix: str, words: Sized) -> None:
        if len(words) > self._max_expansions:
            self.notes.append(
                Note(
                    "{prefix}… stands for {count} words; the {limit} most frequent were searched "
                    "(max_expansions).",
                    {"prefix": prefix, "count": len(words), "limit": self._max_expansions},
                )
            )

    def _mark_words(self, groups: list[list[str]], fields: tuple[str, ...]) -> None:
        """Single characters are marked only if there is nothing longer: 的 is everywhere."""
        telling = [group for group in groups if len(group) > 1 or group[0].endswith(END)]
        for group in _distinct(telling or groups):
            self.highlight_terms.append(HighlightTerm(tuple(group), fields, float(len(group))))


def _is_plain(node: query.Query) -> bool:
    return isinstance(node, query.Term) and node.fieldname in SEARCHED


def _typed(node: query.Query) -> str:
    return str(node.words[0]) if isinstance(node, query.Phrase) else str(node.text)


def _distinct(groups: Iterable[list[str]]) -> list[list[str]]:
    return [list(group) for group in dict.fromkeys(map(tuple, groups))]
