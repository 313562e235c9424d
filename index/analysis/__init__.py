"""Analysis: text to tokens, once, in Python, the same for every engine.

    text
      → folded         fold.py    equivalent characters become one
      → separated      grams.py   punctuation becomes white space or a boundary
      → units → grams  grams.py   decide what matches: any substring is a phrase of grams
      → words          words.py   rank, together with grams
      → sketch         sketch.py  tells copies

`bulk.py` makes units and grams of many texts at once with numpy; `document.py` turns an article into the
document that an engine indexes; `unit_text.py` finds units in a text.

Increase `ANALYSIS_VERSION` with every change of the tokens or the sketch of any text: an index of another
version is refused, with the command that rebuilds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from index.analysis.grams import (
    BOUNDARY,
    SEPARATED,
    add_boundaries,
    separate,
    text_grams,
    units,
)
from index.analysis.numbers import joined_numbers
from index.analysis.words import LONGEST, Segmenter, parse_dictionary

ANALYSIS_VERSION = 6

# Number of average texts that fit into the processor's cache together.
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one indexed text, joined by spaces: grams and words in text order, distinct units.

    Words may be separated by several spaces. `separated` is the text that they were made from (see
    `grams.separate`).
    """

    grams: str
    words: str
    units: str
    separated: str


class Analyzer:
    """Analysis of one index, with its segmenter and user dictionary (in jieba's format). Of longer texts than
    `longest` characters, pieces are analysed."""

    def __init__(
        self, segmenter: str = "rjieba", dictionary: str = "", source: str = "", longest: int = LONGEST
    ) -> None:
        words = parse_dictionary(dictionary, source or "dictionary")
        self._segmenter = Segmenter(segmenter, words, longest)
        self._longest = longest

    def tokens(self, text: str) -> Tokens:
        """Tokens of a text to index."""
        translated = text.translate(SEPARATED)
        separated = add_boundaries(translated)
        found = units(separated)
        return Tokens(
            grams=text_grams(found),
            words=self._segmenter.joined_words(separated),
            units=" ".join(dict.fromkeys([*found, *joined_numbers(translated)])),
            separated=separated,
        )

    def tokens_of(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of many texts to index; faster than one by one."""
        from index.analysis.bulk import text_grams_of  # numpy is slow to import, and queries don't need it

        found: list[Tokens] = []
        for start in range(0, len(texts), _AT_ONCE):
            found += (
                Tokens(text.grams, self._segmenter.joined_words(text.separated), text.units, text.separated)
                for text in text_grams_of(texts[start : start + _AT_ONCE], self._longest)
            )
        return found

    def frequencies(self) -> dict[str, int]:
        """The words of the dictionary with their frequencies, and 0 for what words start with."""
        return self._segmenter.frequencies

    def units(self, text: str) -> list[str]:
        """Units of a query text."""
        return units(separate(text))

    def pieces(self, text: str) -> list[str]:
        """Parts of a query text, folded and split at white space, transparent characters and punctuation."""
        return separate(text).replace(BOUNDARY, " ").split()

    def word_ends(self, piece: str) -> set[int]:
        """End offsets of the words of one of the `pieces`, in characters."""
        return set(accumulate(map(len, self._segmenter.cut(piece))))

    def words(self, text: str) -> list[str]:
        """Words of a query text."""
        return self._segmenter.words(separate(text))


def hash_dictionary(dictionary: str) -> str:
    """Digest of a user dictionary; empty for an empty one."""
    if not dictionary.strip():
        return ""
    return hashlib.blake2b(dictionary.encode(), digest_size=16).hexdigest()
