"""Texts that are searched for sequences of units (`grams.py`), to highlight them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import chain, islice, pairwise

from index.analysis.fold import MappedText
from index.analysis.grams import (
    BOUNDARY,
    DIGIT,
    END,
    FEWEST_DIGITS,
    JOINED,
    JOINED_MARKS,
    LETTER,
    MOST_DIGITS,
    POINT,
    SEPARATED,
    STOP,
    UNSPACED,
    resolve,
)

Span = tuple[int, int]

# A comma that is left in a mapped text is one between thousands.
_NUMBER_BEFORE, _NUMBER_AFTER = rf"{DIGIT}[.,]?\Z", rf"[.,]?{DIGIT}"
_LETTER_BEFORE, _LETTER_AFTER = rf"{LETTER}\Z", LETTER
_JOINED_BEFORE, _JOINED_AFTER = rf"[{UNSPACED}{JOINED}]\Z", f"[{JOINED}]"
_BOUNDARY = rf"(?:\||{STOP})(?:[ |]|{STOP})*"
_compiled = cache(re.compile)


class UnitPattern:
    """Pattern of a sequence of units, with any transparent characters between them.

    With `is_prefix`, the last unit is a prefix. `characters` are those of a pattern of single ones, such as
    a Chinese word, that no part of it begins and ends with; else empty. `stems` are the characters of units
    that every text with the pattern has.
    """

    def __init__(self, found: Sequence[str], *, is_prefix: bool = False) -> None:
        self._units = tuple(found)
        self._is_prefix = is_prefix
        self.characters = _characters(self._units)
        self.stems = _stems(self._units)

    def spans(self, mapped: str) -> Iterator[Span]:
        """Spans [start, end) of the occurrences in a mapped text, in order."""
        pattern, not_before, not_after = self._expressions
        position = 0
        while found := pattern.search(mapped, position):
            start, end = found.span()
            cut_before = not_before and not_before.search(mapped, max(0, start - 2), start)
            if cut_before or (not_after and not_after.match(mapped, end)):
                position = start + 1
            else:
                yield start, end
                position = end

    def adjacent(self, mapped: str) -> Iterator[Span]:
        """The same of a text that has the `characters` nowhere with anything between them."""
        end = 0
        while (start := mapped.find(self.characters, end)) >= 0:
            end = start + len(self.characters)
            if mapped[end : end + 1] not in JOINED_MARKS:
                yield start, end

    @cached_property
    def _expressions(self) -> tuple[re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]:
        """The pattern, and those of what it can't stand behind and before: its edges are checked after a
        match, because patterns with look-around take a millisecond each to compile."""
        found, is_prefix = self._units, self._is_prefix
        parts = [_escaped(unit) for unit in found]
        if is_prefix and _is_times(found[-1]):  # of a word that starts with x
            parts[-1] = rf"(?:{parts[-1]}|(?<!{LETTER}){found[-1].removesuffix(END)})"
        joints = []
        for left, right in pairwise(found):
            # Two runs of letters, or of digits, would be one if nothing stood between them.
            apart = left[-1] == right[-1] == END and left[0].isdecimal() == right[0].isdecimal()
            apart = apart and not (_is_times(left) or _is_times(right))
            joints.append(" +" if apart else " *")
        first, last = found[0], found[-1]
        before = None
        if first[-1] == END and not _is_times(first):
            before = _NUMBER_BEFORE if first[0].isdecimal() else _LETTER_BEFORE
        elif first[0] in JOINED_MARKS:
            before = _JOINED_BEFORE
        if _is_times(last):
            after = None
        elif last[-1] == END:
            after = None if is_prefix else _NUMBER_AFTER if last[0].isdecimal() else _LETTER_AFTER
        else:
            after = _JOINED_AFTER
        return (
            re.compile("".join(chain(*zip(parts, [*joints, ""], strict=True)))),
            _compiled(before) if before else None,
            _compiled(after) if after else None,
        )


class UnitText:
    """Text to be searched for unit sequences, with spans given in its original form."""

    def __init__(self, original: str, translated: str | None = None) -> None:
        self._source = MappedText(original, SEPARATED, translated)

    @property
    def translated(self) -> str:
        """The text translated by `SEPARATED`."""
        return self._source.text

    @cached_property
    def mapped(self) -> str:
        """The same, resolved."""
        return resolve(self.translated)

    @cached_property
    def _packed(self) -> str:
        """The same without spaces."""
        return self.mapped.replace(" ", "")

    def find(self, pattern: UnitPattern, most: int | None = None) -> list[Span]:
        """Spans [start, end) of the first occurrences of a pattern in the original text, in order."""
        characters = pattern.characters
        if characters:
            count = self._packed.count(characters)
            if not count:
                return []
            is_adjacent = count == self.mapped.count(characters)
            spans = pattern.adjacent(self.mapped) if is_adjacent else pattern.spans(self.mapped)
        elif all(map(self.mapped.__contains__, pattern.stems)):
            spans = pattern.spans(self.mapped)
        else:
            return []
        found = list(islice(spans, most))
        return [self._source.source(*span) for span in found] if self._source.is_resized else found


def unit_texts(originals: Sequence[str]) -> list[UnitText]:
    """Several texts to be searched; faster than one by one."""
    return list(map(UnitText, originals, SEPARATED.apply_all(originals)))


def _characters(found: Sequence[str]) -> str:
    if not all(len(unit) == 1 and unit not in JOINED_MARKS and unit not in (BOUNDARY, ".") for unit in found):
        return ""
    joined = "".join(found)
    overlaps = any(joined.endswith(joined[:length]) for length in range(1, len(joined)))
    return "" if overlaps else joined


def _stems(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        unit.removesuffix(END)
        for unit in found
        if unit != BOUNDARY and not _may_have_commas(unit) and not _is_times(unit)
    )


def _is_times(unit: str) -> bool:
    return unit[0] == "x" and unit[-1] == END and not unit.strip(f"x{END}")


def _may_have_commas(unit: str) -> bool:
    return unit[0].isdecimal() and len(unit) > len(f"999{END}")


def _escaped(unit: str) -> str:
    if unit == BOUNDARY:
        return _BOUNDARY
    if unit == ".":
        return POINT
    text = unit.removesuffix(END)
    if _is_times(unit):
        times = "×" * len(text)
        return rf"(?:(?<!×){times}(?!×)|(?<!{LETTER}){text}(?!{LETTER}))"
    if not text[0].isdecimal():
        return re.escape(text)
    is_long = FEWEST_DIGITS <= len(text) <= MOST_DIGITS
    return ("(?:,| {1,2})?" if is_long else ",?").join(map(re.escape, text))
