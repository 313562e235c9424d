"""Folding: equivalent forms of a character become one.

Each character is folded by itself, so that the result never depends on context:

- NFKD without diacritics (café cafe, lǜ lu, Đà da): composed and decomposed text is the same. The marks
  that change a letter into another one stay: the voicing of kana, vowels and finals of hangul, and those
  of other scripts;
- case folding, of Unicode (ß ss);
- Traditional → Simplified by OpenCC's character table, and other forms of a character (see `variants.py`);
- invisible characters (zero-width, direction and variation marks, fillers, control characters) to nothing;
  controls that end a line to a newline.

Properties, tested: `fold(a + b) == fold(a) + fold(b)`; `fold(fold(a)) == fold(a)`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import opencc  # the `t2s` configuration applied to one character is its character table

from index.analysis.variants import CHOSEN, RADICALS, REGIONAL, SEMANTIC

# Size limit of a table's cache: more characters than any archive has, fewer than hostile queries have.
_REMEMBERED = 60_000


class CharacterTable(dict[int, str]):
    """Replacements by code point for `str.translate`, computed when a character is first met.

    `resized` holds the characters met whose replacement is not exactly one character long.
    """

    def __init__(self, replacement: Callable[[str], str]) -> None:
        super().__init__()
        self.resized: set[str] = set()
        self._replacement = replacement
        # Translation of a text by this table, and of several; `bulk.accelerate_folding` replaces them by
        # faster ones.
        self.apply: Callable[[str], str] = lambda text: text.translate(self)
        self.apply_all: Callable[[Sequence[str]], list[str]] = lambda texts: list(map(self.apply, texts))

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        made = self._replacement(character)
        if len(made) != 1:
            self.resized.add(character)
        if len(self) < _REMEMBERED:
            self[code_point] = made
        return made


class MappedText:
    """Text translated by a `CharacterTable` (perhaps before), with a map back to the offsets of the
    original."""

    def __init__(self, original: str, table: CharacterTable, translated: str | None = None) -> None:
        self.text = table.apply(original) if translated is None else translated
        self._original = original
        self._table = table

    @property
    def is_resized(self) -> bool:
        """True if offsets differ from those of the original."""
        return bool(self._resized)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Range of the original behind the non-empty range [start, end) of `text`.

        Original characters are never split: one that is partly inside the range is wholly in the result.
        """
        if not self._resized:
            return start, end
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, position: int) -> int:
        """Offset of the original character behind the one at `position`."""
        number = bisect_right(self._resized, (position, len(self._original)))
        if not number:
            return position
        start, index = self._resized[number - 1]
        length = len(self._table[ord(self._original[index])])
        return index if position < start + length else index + 1 + position - start - length

    @cached_property
    def _resized(self) -> list[tuple[int, int]]:
        """(offset in `text`, offset in the original) of each character replaced by another length."""
        found: list[tuple[int, int]] = []
        shift = 0
        indices = (
            match.start()
            for character in tuple(self._table.resized)  # a copy: other threads meet new ones meanwhile
            if character in self._original
            for match in re.finditer(re.escape(character), self._original)
        )
        for index in sorted(indices):
            found.append((index + shift, index))
            shift += len(self._table[ord(self._original[index])]) - 1
        return found


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


_VARIANTS = {pair[0]: pair[1] for pair in (REGIONAL + SEMANTIC + RADICALS + CHOSEN).split()}
_LINE_ENDS = "\r\v\f\x85"
# Letter fillers and the joiner of graphemes, which are invisible in spite of their categories.
_FILLERS = "\u034f\u115f\u1160\u3164\uffa0\u17b4\u17b5"
_is_invisible_mark = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]").match  # variation selectors
_is_diacritic = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\ufe20-\ufe2f]"
).match
_LETTER_WITH = re.compile("LATIN SMALL LETTER ([A-Z]) WITH ")


def _fold_character(character: str) -> str:
    folded, previous = character, ""
    while folded != previous:  # a compatibility form may itself have a simplified one
        previous = folded
        folded = "".join(map(_fold_once, unicodedata.normalize("NFKD", folded)))
    return folded


def _fold_once(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    if _is_diacritic(character) or _is_invisible(character):
        return ""
    if character > "\u2e7f":
        return _VARIANTS.get(character) or _simplifier().convert(character)
    if found := _LETTER_WITH.match(unicodedata.name(character, "")):
        return found[1].lower()  # a stroke or a hook is no diacritic to NFKD: đ, ø, ł
    return character.casefold()


def _is_invisible(character: str) -> bool:
    if character in "\t\n":
        return False
    if character in _FILLERS or _is_invisible_mark(character):
        return True
    if ord(character) & 0xFFFE == 0xFFFE:
        return True  # no characters, and never will be
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


_FOLDED = CharacterTable(_fold_character)


def fold(text: str) -> str:
    """Folds a text.

    >>> fold("Ａ股　國內１２３")
    'a股 国内123'
    """
    return text.translate(_FOLDED)


def fold_key(text: str) -> str:
    """Folds a name (author, category, tag) for comparison, with white space collapsed."""
    return " ".join(fold(text).split())
