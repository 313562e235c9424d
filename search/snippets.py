"""Passages of an article with the query's words highlighted.

Highlights cover exactly what matched, in whole graphemes (❤️ is two characters), in the text as it was
published. Property, tested: a snippet without its highlights is a part of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from markupsafe import escape

from index.analysis.grams import UnitPattern, UnitText, unit_pattern
from search.planning.plan import HighlightTerm

# Characters of a passage, roughly; and how many more it may take to begin or end with a sentence.
LENGTH = 120
_REACH = 40
_LEAD = 20
# Characters of an article that are searched: the first number, and if nothing is found, the next.
LOOKED_AT = (12_000, 50_000)
# Occurrences considered: of one term, and of all in one text, those of the heaviest terms first.
_MAX_OCCURRENCES = 50
_MOST_IN_ALL = 1000

_SENTENCE_END = re.compile(r"[。！？!?；;\n]+[”’」』）)\]]*")

# Two letters or digits of a script with spaces.
_SPACED = r"(?=[\0-\u10ff])[^\W_]"
_is_inside = re.compile(_SPACED * 2).match

_JOINER = "\u200d"
# The joiners, skin tones, half-width voicing marks, and the tags of flags like Scotland's.
_EXTENDING = frozenset(["\u200c", _JOINER, "\uff9e", "\uff9f"]) | frozenset(
    map(chr, (*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)))
)
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a text. `highlights` are ranges of `text`, in order, not touching one another; `before` and
    `after` are set where the text goes on."""

    text: str
    highlights: tuple[Span, ...] = ()
    before: bool = False
    after: bool = False

    def to_html(self) -> str:
        """Escaped HTML with `<mark>` around the highlights, and an ellipsis where the text goes on."""
        parts: list[str] = ["…"] if self.before else []
        position = 0
        for start, end in self.highlights:
            parts.append(str(escape(self.text[position:start])))
            parts.append(f"<mark>{escape(self.text[start:end])}</mark>")
            position = end
        parts.append(str(escape(self.text[position:])))
        if self.after:
            parts.append("…")
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Occurrence:
    start: int
    end: int
    term: int


def highlight(text: str, highlight_terms: Sequence[HighlightTerm], field: str) -> Snippet:
    """A whole text (a title) with its highlights."""
    found = _find(text, highlight_terms, field)
    return Snippet(text, _merged([(o.start, o.end) for o in found]))


def snippets(text: str, highlight_terms: Sequence[HighlightTerm], limit: int = 2) -> tuple[Snippet, ...]:
    """The best passages of a body, in the order of the text: at least one, if there is any text. The first
    has the heaviest terms; another is added only for terms that it lacks."""
    found = _look(text, highlight_terms)
    if not found:
        return (_passage(text, 0, 0, []),) if text else ()
    spans = _choose(text, found, highlight_terms, limit)
    return tuple(_passage(text, start, end, found) for start, end in sorted(spans))


def _look(text: str, highlight_terms: Sequence[HighlightTerm]) -> list[_Occurrence]:
    """Occurrences in the start of a text, as far as needed to find any."""
    for length in (*LOOKED_AT, len(text)):
        found = _find(text[:length], highlight_terms, "body")
        if len(text) <= length:
            return found
        # A word at the end may go on.
        if found := [occurrence for occurrence in found if occurrence.end < length - _LEAD]:
            return found
    return []


def _choose(
    text: str, everything: list[_Occurrence], highlight_terms: Sequence[HighlightTerm], limit: int
) -> list[Span]:
    """Up to `limit` passages of a text: the first with the heaviest terms, each other with terms not yet
    shown."""
    chosen: list[Span] = []
    found = everything
    wanted = {occurrence.term for occurrence in found}
    while wanted and len(chosen) < limit:
        best = _best_window(found, highlight_terms, wanted)
        if best is None:
            break
        span = _uncut(_extended(text, *best), everything)
        if any(span[0] < end and start < span[1] for start, end in chosen):
            span = _uncut(best, everything)
        chosen.append(span)
        wanted -= {o.term for o in found if span[0] <= o.start and o.end <= span[1]}
        found = [o for o in found if o.end <= span[0] or o.start >= span[1]]
    return chosen


@lru_cache(maxsize=1024)
def _pattern(units: tuple[str, ...], is_prefix: bool) -> UnitPattern:
    return unit_pattern(units, is_prefix=is_prefix)


def _find(text: str, highlight_terms: Sequence[HighlightTerm], field: str) -> list[_Occurrence]:
    """Occurrences of all terms, in the order of the text."""
    searched = UnitText(text)
    found: list[_Occurrence] = []
    for number, term in sorted(enumerate(highlight_terms), key=lambda pair: -pair[1].weight):
        if len(found) >= _MOST_IN_ALL:
            break
        if field in term.fields and searched.may_have(term.units):
            spans = islice(searched.find(_pattern(term.units, term.is_prefix)), _MAX_OCCURRENCES)
            found += [_Occurrence(*whole_graphemes(text, *span), number) for span in spans]
    return sorted(found, key=lambda occurrence: (occurrence.start, -occurrence.end))


def whole_graphemes(text: str, start: int, end: int) -> Span:
    """Extends a non-empty range to whole graphemes: accents, variation selectors, skin tones, keycaps,
    sequences with joiners, flags.

    See Unicode Standard Annex 29. The jamo of hangul are not handled, because whole syllables are units.
    """
    while start and _continues(text, start):
        start -= 1
    while end < len(text) and _continues(text, end):
        end += 1
    if text[start] in _FLAG_LETTERS or text[end - 1] in _FLAG_LETTERS:
        start -= _flag_letters(text, start) % 2
        end += text[end : end + 1] in _FLAG_LETTERS and _flag_letters(text, end) % 2
    return start, end


def _continues(text: str, offset: int) -> bool:
    """True if the grapheme before an offset continues behind it. A joiner joins pictures, not letters."""
    return _extends(text[offset]) or (text[offset - 1] == _JOINER and not text[offset].isalnum())


def _extends(character: str) -> bool:
    """True for a character that belongs to the one before it."""
    if character < "\u0300":
        return False
    return character in _EXTENDING or unicodedata.category(character)[0] == "M"


def _flag_letters(text: str, end: int) -> int:
    """The number of adjacent regional indicators that end at an offset; two make a flag."""
    start = end
    while start and text[start - 1] in _FLAG_LETTERS:
        start -= 1
    return end - start


def _best_window(
    found: list[_Occurrence], highlight_terms: Sequence[HighlightTerm], wanted: set[int]
) -> Span | None:
    """The passage-long stretch with the greatest weight of wanted terms; the first of equals."""
    inside = [0] * len(highlight_terms)
    weight = best_weight = 0.0
    best: Span | None = None
    first = 0

    def worth(number: int) -> float:
        count = inside[number]
        return (
            highlight_terms[number].weight * (1 + 0.05 * min(count, 5)) if count and number in wanted else 0.0
        )

    for occurrence in found:
        weight -= worth(occurrence.term)
        inside[occurrence.term] += 1
        weight += worth(occurrence.term)
        while found[first] is not occurrence and occurrence.end - found[first].start > LENGTH:
            left = found[first].term
            weight -= worth(left)
            inside[left] -= 1
            weight += worth(left)
            first += 1
        if weight > best_weight + 1e-9:
            best_weight, best = weight, (found[first].start, occurrence.end)
    return best


def _extended(text: str, start: int, end: int) -> Span:
    """The stretch extended to whole sentences, where they are short enough."""
    reach = max(0, start - _REACH)
    ends = [found.end() for found in _SENTENCE_END.finditer(text, reach, start)]
    if ends:
        start = ends[-1]
    elif reach:
        start = _after_word(text, max(0, start - _LEAD), start)
    else:
        start = 0
    wanted = max(end, start + LENGTH)
    found = _SENTENCE_END.search(text, max(end, wanted - _REACH), wanted + _REACH)
    if found:
        return start, found.end()
    return start, _after_word(text, min(wanted, len(text)), min(wanted + _REACH, len(text)))


def _after_word(text: str, offset: int, limit: int) -> int:
    """The first offset from `offset` on, up to `limit`, that is not inside a word of letters and digits, nor
    inside a grapheme."""
    while 0 < offset < limit and (
        _is_inside(text, offset - 1) or whole_graphemes(text, offset - 1, offset)[1] > offset
    ):
        offset += 1
    return offset


def _uncut(span: Span, found: Sequence[_Occurrence]) -> Span:
    """The stretch, extended by the occurrences that its ends would cut."""
    start, end = span
    for occurrence in found:
        if occurrence.start < end < occurrence.end:
            end = occurrence.end
    for occurrence in reversed(found):
        if occurrence.start < start < occurrence.end:
            start = occurrence.start
    return start, end


def _passage(text: str, start: int, end: int, found: Sequence[_Occurrence]) -> Snippet:
    if end == 0:
        start, end = _extended(text, 0, 0)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    spans = [(o.start - start, o.end - start) for o in found if start <= o.start and o.end <= end]
    return Snippet(
        text[start:end],
        _merged(spans),
        before=start > 0 and not _SENTENCE_END.search(text, max(0, start - 3), start),
        after=end < len(text) and not _SENTENCE_END.search(text, max(0, end - 3), end + 1),
    )


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The ranges, with those that overlap or touch merged."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
