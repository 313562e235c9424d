"""Folding: the forms of a character that a reader takes for the same become one.

Each character is folded by itself, so that the result never depends on context: NFKC, lower case,
Traditional → Simplified by OpenCC's character table. Invisible characters (zero-width, direction and
variation marks, control characters other than tab and newline) fold to nothing.

Properties, tested: `fold(a + b) == fold(a) + fold(b)`; `fold(fold(a)) == fold(a)`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cache, cached_property

import opencc  # the `t2s` configuration applied to one character is its character table


class CharacterTable(dict[int, str]):
    """Code point → what takes its place, for `str.translate`; worked out when a character is first met.

    `resized` holds the characters met whose replacement is not exactly one character long.
    """

    def __init__(self, replacement: Callable[[str], str]) -> None:
        super().__init__()
        self.resized: set[str] = set()
        self._replacement = replacement
        # What translates a text by this table; `bulk.accelerate_folding` puts something faster in place.
        self.apply: Callable[[str], str] = lambda text: text.translate(self)

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        made = self._replacement(character)
        if len(made) != 1:
            self.resized.add(character)
        self[code_point] = made
        return made


class MappedText:
    """A text after a `CharacterTable`, and the way back to the characters it came from."""

    def __init__(self, original: str, table: CharacterTable) -> None:
        self.text = table.apply(original)
        self._original = original
        self._table = table

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that the non-empty range [start, end) of `text` came from.

        A character of which only a part is inside the range is wholly inside the result.
        """
        if not self._resized:
            return start, end
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, position: int) -> int:
        """The index of the original character that the one at `position` came from."""
        number = bisect_right(self._resized, (position, len(self._original)))
        if not number:
            return position
        start, index = self._resized[number - 1]
        length = len(self._table[ord(self._original[index])])
        return index if position < start + length else index + 1 + position - start - length

    @cached_property
    def _resized(self) -> list[tuple[int, int]]:
        """Of each character whose replacement is longer or shorter: where that starts, and its index."""
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


def _fold_character(character: str) -> str:
    if _is_invisible(character):
        return ""
    folded, previous = character, ""
    while folded != previous:  # a compatibility form may itself have a simplified one
        previous = folded
        compatible = unicodedata.normalize("NFKC", folded).lower()
        folded = "".join(
            _simplifier().convert(c) if c > "\u2e7f" else c for c in compatible if not _is_invisible(c)
        )
    return folded


def _is_invisible(character: str) -> bool:
    if character in "\t\n":
        return False
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return True  # variation selectors
    if ord(character) & 0xFFFE == 0xFFFE:
        return True  # no characters, and never will be
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


_FOLDED = CharacterTable(_fold_character)


def fold(text: str) -> str:
    """The folded form of `text`.

    >>> fold("Ａ股　國內１２３")
    'a股 国内123'
    """
    return text.translate(_FOLDED)


def fold_key(text: str) -> str:
    """A name (author, category) as it is compared: folded, white space collapsed."""
    return " ".join(fold(text).split())
