"""Synonyms in the plan of a query: what may stand in place of words, and what that is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from whoosh import query

from index.analysis import Analyzer
from index.analysis.grams import END
from index.engines.bm25 import idf
from index.engines.nodes import GramPhrase
from search.planning.matching import units_in
from search.planning.synonyms import NO_SYNONYMS, Synonyms, UnitSequence
from search.query.words import query_words


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Words that were typed, each as units, and what may stand in place of all of them."""

    words: list[list[str]]
    synonyms: tuple[UnitSequence, ...] = ()


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Synonyms, and `Engine.count`, by which they are weighed."""

    synonyms: Synonyms = NO_SYNONYMS
    count: Callable[[query.Query], int] = lambda _: 0

    def slots(
        self, analyzer: Analyzer, text: str, words: list[list[str]], given: Iterable[UnitSequence]
    ) -> list[Alternatives]:
        """The words of a text (`query_words`), those with synonyms together with these, but for those
        that are `given` anyway.

        To cut a text at a synonym asks for no more than to leave it whole: a part's words are only wanted
        where they are in one of the whole's.
        """
        if not self.synonyms.forms:
            return [Alternatives([word]) for word in words]
        slots: list[Alternatives] = []
        for part in self.synonyms.parts(analyzer, text):
            others = tuple(form for form in part.synonyms if form not in given)
            inside = [word for word in query_words(analyzer, part.text) if any(map(_within(word), words))]
            if inside and others:
                slots.append(Alternatives(inside, others))
            else:
                slots += [Alternatives([word]) for word in inside]
        has_synonyms = any(slot.synonyms for slot in slots)
        return slots if has_synonyms else [Alternatives([word]) for word in words]

    def scores(
        self, typed: Sequence[query.Term], forms: Iterable[UnitSequence], part: float
    ) -> list[query.Query]:
        """What synonyms score in the fields in which `typed`, the terms of what they stand for, scores.

        By itself, a form scores the more the rarer and the longer it is. As a synonym it is worth `part` of
        what was typed, whichever it is; if it is the more common of the two, as if both were so.
        """
        documents = self.count(query.Every())
        made: list[query.Query] = []
        for field in dict.fromkeys(term.fieldname.partition("_")[0] for term in typed):
            counted = [
                (term.boost, self.count(term)) for term in typed if term.fieldname.startswith(f"{field}_")
            ]
            for form in forms:
                node = _scored(field, form)
                having = self.count(node)
                worth = sum(weight * idf(documents, max(count, having)) for weight, count in counted)
                own = sum(idf(documents, self.count(term)) for term in _terms(node))
                boost = part * worth / own
                if isinstance(node, GramPhrase):
                    made.append(GramPhrase(node.fieldname, node.grams, boost=boost))
                else:
                    made.append(query.Term(node.fieldname, node.text, boost=boost))
        return made


NO_THESAURUS = Thesaurus()


def _within(word: list[str]) -> Callable[[list[str]], bool]:
    """Whether another word has these units, adjacent."""
    size = len(word)
    return lambda other: any(other[at : at + size] == word for at in range(len(other) - size + 1))


def _scored(field: str, form: UnitSequence) -> query.Query:
    """The documents with a form, with a score."""
    if len(form) == 1:
        return query.Term(f"{field}_words", form[0].removesuffix(END))
    return units_in(field, form)


def _terms(node: query.Query) -> list[query.Term]:
    """The terms whose idf a node's score has."""
    if isinstance(node, GramPhrase):
        return [query.Term(node.fieldname, gram) for _, gram in node.grams]
    return [node]
