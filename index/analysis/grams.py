"""Units and grams: what decides whether an article matches.

A folded text is a sequence of *units*: one character of a script that is written without spaces (Han,
kana, hangul, …), a run of letters, a number (`3.4` is one), a symbol (`+`, `%`, an emoji), or one
*boundary* for any run of sentence punctuation and paragraph breaks. Quotation marks, brackets, dashes,
`_`, `·` and spaces are transparent: “放管服”, `_放管服_` and 放管服 are the same units.

Each unit starts exactly one *gram*: itself and the unit after it, at its ordinal position. So any
sequence of two or more units is found as a phrase of grams at explicit offsets, whatever a dictionary
thinks of it. (One unit would be a prefix of grams: 30 ms for 的 in 31,764 posts; so each unit of a text is
indexed once by itself, too, without positions: 0.3 KB a post.)

Letters and numbers end with `·`, so that `ab` + `c` and `a` + `bc` differ as grams. `·` itself is
transparent and can't be part of a unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add

from index.analysis.fold import CharacterTable, MappedText, fold

BOUNDARY = "|"
END = "·"

# Scripts that are written without spaces between words, and everything beyond the basic plane: each
# character is a unit.
_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\U00010000-\U0010ffff"
)
_is_unspaced = re.compile(f"[{_UNSPACED}]").match
LETTER = rf"[^\W\d_{_UNSPACED}]"
DIGIT = rf"[^\D{_UNSPACED}]"
# Stretches of units that are one character each; letter runs; numbers; symbols and boundaries.
_STRETCH = re.compile(rf"[{_UNSPACED} |]+|{LETTER}+|{DIGIT}+(?:\.{DIGIT}+)*|[^\w\s]")
_STOP = rf"\.(?:(?!{DIGIT})|(?<!{DIGIT}\.))"  # a full stop that is not inside a number
_STOPS = re.compile(_STOP)
_BOUNDARIES = re.compile(r"\|[|\s]*")

# Punctuation that is neither a quotation mark, a bracket nor a dash by its Unicode category.
_TRANSPARENT = frozenset("\"'`´·•‧∙・*/\\|~^<>＂′″⁄")
_SYMBOLS = frozenset("%&@#‰§¶")


def _class_of(character: str) -> str:
    """What takes the place of a folded character: a space, `|` for a boundary, or itself."""
    category = unicodedata.category(character)
    if character.isalnum() or category[0] in "LMN" or character == ".":
        return character  # a full stop is in a number or a boundary: decided in context
    if character in _TRANSPARENT or category in ("Zs", "Ps", "Pe", "Pi", "Pf", "Pc") or character == "\t":
        return " "
    if category == "Pd":
        return BOUNDARY if character in "—―" else " "
    if character in _SYMBOLS or (category[0] in "SC" and character != "\n"):
        return character
    return BOUNDARY


def _separated_form(character: str) -> str:
    return "".join(map(_class_of, fold(character)))


SEPARATED = CharacterTable(_separated_form)


def separate(text: str) -> str:
    """A text folded, with spaces for what is transparent, and `|` for each run of punctuation.

    >>> separate("“放管服”改革，交管3.7。")
    ' 放管服 改革 | 交管3.7 | '
    """
    return mark_boundaries(text.translate(SEPARATED))


def mark_boundaries(text: str) -> str:
    """Makes one boundary of each run of them, full stops that are not inside a number among them."""
    return _BOUNDARIES.sub(f" {BOUNDARY} ", _STOPS.sub(BOUNDARY, text))


def units(separated: str) -> list[str]:
    """The units of a separated text, without boundaries at its start and end.

    >>> units(separate("“放管服”改革，交管12123。"))
    ['放', '管', '服', '改', '革', '|', '交', '管', '12123·']
    """
    found: list[str] = []
    for stretch in _STRETCH.findall(separated):
        first = stretch[0]
        if first.isalnum() and not _is_unspaced(first):
            found.append(stretch + END)
        else:
            found.extend(stretch.replace(" ", ""))
    start = 1 if found and found[0] == BOUNDARY else 0
    stop = len(found) - 1 if len(found) > start and found[-1] == BOUNDARY else len(found)
    return found[start:stop]


def text_grams(found: Sequence[str]) -> str:
    """The grams of a text that is indexed, one at each unit in order, joined by spaces.

    The last unit's gram ends with a boundary.

    >>> text_grams(["放", "管", "服"])
    '放管 管服 服|'
    """
    return " ".join(map(add, found, [*found[1:], BOUNDARY]))


def phrase_grams(found: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """The fewest (offset, gram) that together hold every one of two or more adjacent units.

    >>> phrase_grams(["放", "管", "服"])
    ((0, '放管'), (1, '管服'))
    """
    offsets = list(range(0, len(found) - 1, 2))
    if len(found) % 2:
        offsets.append(len(found) - 2)
    return tuple((offset, found[offset] + found[offset + 1]) for offset in offsets)


@dataclass(frozen=True, slots=True)
class UnitPattern:
    """A sequence of units to look for. What stands at its edges is looked at after a match: patterns
    that look around take a millisecond each to compile. `stems` are parts of every match: a text that lacks
    one needs no search."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]
    not_before: re.Pattern[str] | None
    not_after: re.Pattern[str] | None

    def spans(self, mapped: str) -> Iterator[tuple[int, int]]:
        """Each occurrence in a mapped text, in order."""
        if not all(map(mapped.__contains__, self.stems)):
            return
        position = 0
        while found := self.pattern.search(mapped, position):
            start, end = found.span()
            cut_before = self.not_before and self.not_before.search(mapped, max(0, start - 2), start)
            if cut_before or (self.not_after and self.not_after.match(mapped, end)):
                position = start + 1
            else:
                yield start, end
                position = end


class UnitText:
    """A text in which units are looked for, and found in its original form."""

    def __init__(self, original: str) -> None:
        self._mapped = MappedText(original, SEPARATED)

    def find(self, pattern: UnitPattern) -> Iterator[tuple[int, int]]:
        """Where a pattern matches: [start, end) in the original of each occurrence, in order."""
        for start, end in pattern.spans(self._mapped.text):
            yield self._mapped.source(start, end)


_LETTER_BEFORE = re.compile(rf"{LETTER}\Z")
_LETTER_AFTER = re.compile(LETTER)
_NUMBER_BEFORE = re.compile(rf"{DIGIT}\.?\Z")
_NUMBER_AFTER = re.compile(rf"\.?{DIGIT}")
_BOUNDARY = rf"(?:\||{_STOP})(?:[ |]|{_STOP})*"


def unit_pattern(found: Sequence[str], *, open_end: bool = False) -> UnitPattern:
    """What finds a sequence of units, with anything transparent between them.

    With `open_end`, the last unit only has to start so.
    """
    parts = [_escaped(found[0])]
    for left, right in pairwise(found):
        # Two runs of letters, or of digits, would be one if nothing stood between them.
        apart = left[-1] == right[-1] == END and left[0].isdecimal() == right[0].isdecimal()
        parts += [" +" if apart else " *", _escaped(right)]
    first, last = found[0], found[-1]
    before = (_NUMBER_BEFORE if first[0].isdecimal() else _LETTER_BEFORE) if first[-1] == END else None
    after = (_NUMBER_AFTER if last[0].isdecimal() else _LETTER_AFTER) if last[-1] == END else None
    stems = tuple(unit.removesuffix(END) for unit in found if unit != BOUNDARY)
    return UnitPattern(re.compile("".join(parts)), stems, before, None if open_end else after)


def _escaped(unit: str) -> str:
    return _BOUNDARY if unit == BOUNDARY else re.escape(unit.removesuffix(END))
