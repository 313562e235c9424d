"""Folding: the forms of a character that a reader takes for the same become one.

Each character is folded by itself, so that the result never depends on context: NFKC, lower case,
Traditional → Simplified by OpenCC's character table. Invisible characters (zero-width, direction and
variation marks, control characters other than tab and newline) fold to nothing.

Properties, tested: `fold(a + b) == fold(a) + fold(b)`; `fold(fold(a)) == fold(a)`.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import accumulate

import opencc  # the `t2s` configuration applied to one character is its character table


class _FoldTable(dict[int, str]):
    """Code point → folded form, worked out when a character is first met.

    `resized` holds the characters whose folded form is not exactly one character long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resized: set[str] = set()

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        folded = _fold_character(character)
        if len(folded) != 1:
            self.resized.add(character)
        self[code_point] = folded
        return folded


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
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """The folded form of `text`.

    >>> fold("Ａ股　國內１２３")
    'a股 国内123'
    """
    return text.translate(_TABLE)


def fold_key(text: str) -> str:
    """A name (author, category) as it is compared: folded, white space collapsed."""
    return " ".join(fold(text).split())


class FoldedText:
    """A text, its folded form, and the way back: which characters of the one made which of the other."""

    __slots__ = ("_ends", "folded", "original")

    def __init__(self, original: str) -> None:
        self.original = original
        self.folded = fold(original)
        self._ends: list[int] | None = None
        if any(character in original for character in _TABLE.resized):
            self._ends = list(accumulate(len(_TABLE[ord(c)]) for c in original))

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that the range [start, end) of the folded text came from.

        A character whose folded form is only partly inside the range is wholly inside the result.
        """
        if self._ends is None or start >= end:
            return start, end
        first = bisect_right(self._ends, start)
        last = bisect_right(self._ends, end - 1)
        return first, last + 1
