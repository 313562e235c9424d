"""Units and grams: what decides whether an article matches.

A folded text is a sequence of *units*: one character of a script that is written without spaces (Han,
kana, hangul, …), a run of letters, a number (`3.4` is one), a symbol (`+`, `%`, an emoji), or one
*boundary* for any run of sentence punctuation and paragraph breaks. Quotation marks, brackets, dashes,
`_`, `·` and spaces are transparent: “放管服”, `_放管服_` and 放管服 are the same units.

Each unit starts exactly one *gram*: itself and the unit after it, at its ordinal position. So any
sequence of units is found as a phrase of grams at explicit offsets, whatever a dictionary thinks
of it, and one unit as a prefix of grams.

In a gram, letters and numbers end with `·`, so that `ab` + `c` and `a` + `bc` differ, and so that
`go·` is the unit `go` while the prefix `go` is any unit that starts so. `·` itself is transparent and
can't be part of a unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from operator import add

BOUNDARY = "|"
END = "·"

# Scripts that are written without spaces between words, and everything beyond the basic plane (a
# character class with astral ranges is ten times slower to match): each character is a unit.
_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\U00010000-\U0010ffff"
)
_is_unspaced = re.compile(f"[{_UNSPACED}]").match

# Punctuation that is neither a quotation mark, a bracket nor a dash by its Unicode category.
_TRANSPARENT = frozenset("\"'`´·•‧∙・*/\\|~^<>＂′″⁄")
_SYMBOLS = frozenset("%&@#‰§¶")


def _letter_class() -> str:
    """The letters and combining marks of scripts written with spaces, as a regular expression class."""
    ranges: list[str] = []
    start: int | None = None
    for code_point in range(0x10000):
        character = chr(code_point)
        category = unicodedata.category(character)
        is_letter = category[0] in "LM"
        if is_letter and not _is_unspaced(character):
            start = code_point if start is None else start
        elif start is not None:
            ranges.append(f"{chr(start)}-{chr(code_point - 1)}")
            start = None
    return "".join(ranges)


_LETTERS = _letter_class()
_RUN = re.compile(rf"[{_LETTERS}]+|\d+(?:\.\d+)*")
_STOP = re.compile(r"\.(?:(?!\d)|(?<!\d\.))")  # a full stop that is not inside a number
_BOUNDARIES = re.compile(r"\|[|\s]*")


def _class_of(character: str) -> str:
    """What takes the place of a folded character before the text is split at spaces."""
    if _is_unspaced(character):
        return f"{character} "
    if character == ".":
        return character  # in a number or a boundary: decided in context
    if character == "\n":
        return BOUNDARY
    category = unicodedata.category(character)
    if category[0] in "LM" or category == "Nd":
        return character
    if character in _TRANSPARENT or category[0] == "Z" or category in ("Ps", "Pe", "Pi", "Pf", "Pc"):
        return " "
    if character == "\t" or (category == "Pd" and character not in "—―"):
        return " "
    if character in _SYMBOLS or category[0] in "SCN":
        return f" {character} "
    return BOUNDARY


class _ClassTable(dict[int, str]):
    def __missing__(self, code_point: int) -> str:
        self[code_point] = made = _class_of(chr(code_point))
        return made


_CLASSES = _ClassTable()


def units(folded: str) -> list[str]:
    """The units of a folded text, without boundaries at its start and end.

    >>> units("“放管服”改革，交管12123。")
    ['放', '管', '服', '改', '革', '|', '交', '管', '12123·']
    """
    classed = _STOP.sub(BOUNDARY, folded.translate(_CLASSES))
    classed = _RUN.sub(rf"\g<0>{END} ", classed)
    found = _BOUNDARIES.sub(f" {BOUNDARY} ", classed).split()
    start = 1 if found and found[0] == BOUNDARY else 0
    stop = len(found) - 1 if len(found) > start and found[-1] == BOUNDARY else len(found)
    return found[start:stop]


def text_grams(folded: str) -> str:
    """The grams of a text that is indexed, in order, one at each unit, joined by spaces.

    The last unit's gram ends with a boundary.

    >>> text_grams("放管服")
    '放管 管服 服|'
    """
    found = units(folded)
    return " ".join(map(add, found, [*found[1:], BOUNDARY]))


def phrase_grams(found: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """The fewest (offset, gram) that together hold every one of two or more adjacent units.

    >>> phrase_grams(units("放管服"))
    ((0, '放管'), (1, '管服'))
    """
    offsets = list(range(0, len(found) - 1, 2))
    if len(found) % 2:
        offsets.append(len(found) - 2)
    return tuple((offset, found[offset] + found[offset + 1]) for offset in offsets)


def is_word_unit(unit: str) -> bool:
    """Whether a unit is a letter run or a number: those end where the next one begins."""
    return unit.endswith(END)
