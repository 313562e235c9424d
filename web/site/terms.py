"""Articles → the terms of a segment, each with its postings.

A key is a gram (two units), a unit of letters or digits or a single character, or a word of the dictionary. A
word of two characters is a gram as well, so both stand under one key. Grams with a boundary, a tenth of all,
are left out: a phrase over punctuation is looked for in the texts of the articles that have the rest of it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from index.analysis import Tokens
from index.analysis.document import TITLE_WEIGHT
from index.analysis.grams import BOUNDARY

# For each article of a term its number in the segment, then how often it has the term.
Counts = array  # of "I"


@dataclass(slots=True)
class Postings:
    """The postings of a segment of `documents` articles, by key. `body` and `title` are those of grams,
    `words` those of words, a word of the title counted `TITLE_WEIGHT` times; `units` and `title_units` have
    articles alone."""

    documents: int = 0
    body: dict[str, Counts[int]] = field(default_factory=dict)
    title: dict[str, Counts[int]] = field(default_factory=dict)
    words: dict[str, Counts[int]] = field(default_factory=dict)
    units: dict[str, Counts[int]] = field(default_factory=dict)
    title_units: dict[str, Counts[int]] = field(default_factory=dict)

    def add(self, title: Tokens, body: Tokens) -> tuple[int, int, int]:
        """Adds the next article; returns the lengths of its fields of title, body and words."""
        number = self.documents
        self.documents += 1
        lengths = [
            _count(self.title, number, title.grams.split()),
            _count(self.body, number, body.grams.split()),
            _count(self.words, number, [*title.words.split() * TITLE_WEIGHT, *body.words.split()]),
        ]
        in_title = {*title.units.split()} - {BOUNDARY}
        for unit in in_title:
            self.title_units.setdefault(unit, array("I")).append(number)
        for unit in in_title.union(body.units.split()) - {BOUNDARY}:
            self.units.setdefault(unit, array("I")).append(number)
        return lengths[0], lengths[1], lengths[2]

    def keys(self) -> set[str]:
        """All keys."""
        return {*self.body, *self.title, *self.words, *self.units}


def _count(into: dict[str, Counts[int]], number: int, tokens: Sequence[str]) -> int:
    for token, count in Counter(tokens).items():
        if BOUNDARY in token:
            continue
        into.setdefault(token, array("I")).extend((number, count))
    return len(tokens)


def kept_words(frequencies: Mapping[str, int], postings: Iterable[Postings]) -> dict[str, int]:
    """The words of a dictionary of at least two characters that the segmentation of a query may need: those
    whose grams all occur. Others have no full match, wherever they are cut."""
    grams: set[str] = set()
    words: set[str] = set()
    for each in postings:
        grams |= {gram for gram in (*each.body, *each.title) if len(gram) == 2}
        words |= each.words.keys()
    return {
        word: frequency
        for word, frequency in frequencies.items()
        if frequency
        and len(word) > 1
        and (word in words or all(word[at : at + 2] in grams for at in range(len(word) - 1)))
    }
