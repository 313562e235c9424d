"""Text → tokens, once, in Python, identically for every engine:

    text
      → folded         fold.py    one form for characters that a reader takes for the same
      → separated      grams.py   punctuation is nothing, or a boundary
      → units → grams  grams.py   decide what matches: any substring is a phrase of grams
      → words          words.py   decide, together with grams, how well

`bulk.py` does the middle part for many texts at once, by numpy.

Raise `ANALYSIS_VERSION` with every change that gives any text other tokens: an index made by another
version is refused, with the command that rebuilds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from index.analysis.grams import BOUNDARY, separate, text_grams, units
from index.analysis.words import Segmenter, parse_dictionary

ANALYSIS_VERSION = 2

# Texts of a usual length that fit the processor's cache together.
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is indexed of one text, joined by spaces: grams and words in order, and each unit once.

    Between two words there may be several spaces.
    """

    grams: str
    words: str
    units: str


class Analyzer:
    """The analysis of one index: its segmenter and its user dictionary (jieba's format)."""

    def __init__(self, segmenter: str = "rjieba", dictionary: str = "", source: str = "") -> None:
        self._segmenter = Segmenter(segmenter, parse_dictionary(dictionary, source or "dictionary"))

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text that is indexed."""
        separated = separate(text)
        found = units(separated)
        return Tokens(
            grams=text_grams(found),
            words=self._segmenter.joined_words(separated),
            units=" ".join(dict.fromkeys(found)),
        )

    def tokens_of(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of many texts that are indexed, in less time than one by one."""
        from index.analysis.bulk import text_grams_of  # numpy takes long to import, and a query needs none

        found: list[Tokens] = []
        for start in range(0, len(texts), _AT_ONCE):
            found += (
                Tokens(text.grams, self._segmenter.joined_words(text.separated), text.units)
                for text in text_grams_of(texts[start : start + _AT_ONCE])
            )
        return found

    def units(self, text: str) -> list[str]:
        """The units of a text that is searched for."""
        return units(separate(text))

    def pieces(self, text: str) -> list[str]:
        """A text that is searched for, folded and cut at everything transparent and at punctuation."""
        return separate(text).replace(BOUNDARY, " ").split()

    def word_ends(self, piece: str) -> set[int]:
        """Where the words of one of the `pieces` end, counted in its characters."""
        return set(accumulate(map(len, self._segmenter.cut(piece))))

    def words(self, text: str) -> list[str]:
        """The words of a text that is searched for."""
        return self._segmenter.words(separate(text))


def hash_dictionary(dictionary: str) -> str:
    """What tells one user dictionary from another; empty without one."""
    if not dictionary.strip():
        return ""
    return hashlib.blake2b(dictionary.encode(), digest_size=16).hexdigest()
