"""Passages of an article with the query's words highlighted.

Highlights cover exactly what matched, in whole graphemes (❤️ is two characters), in the text as it was
published. Property, tested: a snippet without its highlights is a part of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import escape

from index.analysis.unit_text import Span, UnitPattern, UnitText
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
# The worth of a term's next occurrence in a passage, as a part of its weight, by the number of those before.
_GAINS = (1.05, *[0.05] * 4, *[0.0] * _MAX_OCCURRENCES)

_MARKUP = re.compile("[&<>\"']")
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

# Where a term occurs: start and end in the text, and its number. (Objects would take twice as long.)
_Occurrence = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a text. `highlights` are ranges of `text`, in order, not touching one another; `before` and
    `after` are set where the text goes on. `hit` is the number of its first highlight among those of the
    whole text, counted from 1 (0: it has none, or more precede it than are counted), and `paragraph` that of
    the line where it begins."""

    text: str
    highlights: tuple[Span, ...] = ()
    before: bool = False
    after: bool = False
    hit: int = 0
    paragraph: int = 1

    def to_html(self) -> str:
        """Escaped HTML with `<mark>` around the highlights, and an ellipsis where the text goes on."""
        text, position = self.text, 0
        written = escape if _MARKUP.search(text) else str  # which most texts have none of
        parts: list[str] = ["…"] if self.before else []
        for start, end in self.highlights:
            parts += (written(text[position:start]), "<mark>", written(text[start:end]), "</mark>")
            position = end
        parts.append(written(text[position:]))
        if self.after:
            parts.append("…")
        return "".join(parts)


class Highlighter:
    """Finds the terms of a query in texts, for any number of them."""

    def __init__(self, terms: Sequence[HighlightTerm]) -> None:
        self._weights = [term.weight for term in terms]
        by_weight = sorted(enumerate(terms), key=lambda pair: -pair[1].weight)
        self._terms = {
            field: [
                (number, _pattern(term.units, term.is_prefix))
                for number, term in by_weight
                if field in term.fields
            ]
            for field in ("title", "body")
        }

    def highlight(self, text: str, field: str, searched: UnitText | None = None) -> Snippet:
        """A whole text (a title) with its highlights; `searched` is the same, where that was made before."""
        if not self._terms[field]:
            return Snippet(text)
        if searched is None:
            searched = searched_text(text) if len(text) < _SHORT else UnitText(text)
        return Snippet(text, _merged(self._find(text, searched, field)))

    def snippets(self, text: str, limit: int = 2, start: UnitText | None = None) -> tuple[Snippet, ...]:
        """The best passages of a body, in the order of the text: at least one, if there is any text. The
        first has the heaviest terms; another is added only for terms that it lacks. `start` is the start of
        the text, as far as `LOOKED_AT` says, where that was made before."""
        found = self._look(text, start)
        if not found:
            return (_passage(text, 0, 0, []),) if text else ()
        spans = _choose(text, found, self._weights, limit)
        return tuple(_passage(text, start, end, found) for start, end in sorted(spans))

    def _look(self, text: str, start: UnitText | None) -> list[_Occurrence]:
        """Occurrences in the start of a text, as far as needed to find any."""
        for length in (*LOOKED_AT, len(text)):
            part = text[:length]
            found = self._find(part, start or UnitText(part), "body")
            if len(text) <= length:
                return found
            # A word at the end may go on.
            if found := [occurrence for occurrence in found if occurrence[1] < length - _LEAD]:
                return found
            start = None
        return []

    def _find(self, text: str, searched: UnitText, field: str) -> list[_Occurrence]:
        """Occurrences of all terms, in the order of the text."""
        found: list[_Occurrence] = []
        for number, pattern in self._terms[field]:
            if len(found) >= _MOST_IN_ALL:
                break
            spans = searched.find(pattern, _MAX_OCCURRENCES)
            found += [(*whole_graphemes(text, start, end), number) for start, end in spans]
        found.sort(key=_in_order)
        return found


def _in_order(occurrence: _Occurrence) -> tuple[int, int]:
    return occurrence[0], -occurrence[1]


# Tags and titles come again with other hits; a longer text takes more memory than it saves time.
_SHORT = 60
searched_text = lru_cache(maxsize=4096)(UnitText)


@lru_cache(maxsize=1024)
def _pattern(units: tuple[str, ...], is_prefix: bool) -> UnitPattern:
    return UnitPattern(units, is_prefix=is_prefix)


def _choose(text: str, everything: list[_Occurrence], weights: Sequence[float], limit: int) -> list[Span]:
    """Up to `limit` passages of a text: the first with the heaviest terms, each other with terms not yet
    shown."""
    chosen: list[Span] = []
    found = everything
    wanted = {number for _, _, number in found}
    while wanted and len(chosen) < limit:
        best = _best_window(found, weights, wanted)
        if best is None:
            break
        span = _uncut(_extended(text, *best), everything)
        if any(span[0] < end and start < span[1] for start, end in chosen):
            span = _uncut(best, everything)
        chosen.append(span)
        first, last = span
        wanted -= {number for start, end, number in found if first <= start and end <= last}
        if wanted:
            found = [each for each in found if each[1] <= first or each[0] >= last]
    return chosen


def whole_graphemes(text: str, start: int, end: int) -> Span:
    """Extends a non-empty range to whole graphemes: accents, variation selectors, skin tones, keycaps,
    sequences with joiners, flags.

    See Unicode Standard Annex 29. The jamo of hangul are not handled, because whole syllables are units.
    """
    first = text[start]
    is_letter = "\u4e00" <= first <= "\u9fff" or (first.isalnum() and _is_alone(first))
    if is_letter and _is_alone(text[end - 1]) and _is_alone(text[end : end + 1]):
        return start, end  # nearly always
    while start and _continues(text, start):
        start -= 1
    while end < len(text) and _continues(text, end):
        end += 1
    if text[start] in _FLAG_LETTERS or text[end - 1] in _FLAG_LETTERS:
        start -= _flag_letters(text, start) % 2
        end += text[end : end + 1] in _FLAG_LETTERS and _flag_letters(text, end) % 2
    return start, end


def _is_alone(character: str) -> bool:
    """True for characters, most of all in Chinese texts, that no grapheme of several has but as its first:
    ideographs and punctuation."""
    return (
        "\u4e00" <= character <= "\u9fff"
        or character < "\u0300"
        or "\uff01" <= character <= "\uff60"
        or "\u2010" <= character <= "\u2027"
        or "\u3000" <= character <= "\u3029"
    )


def _continues(text: str, offset: int) -> bool:
    """True if the grapheme before an offset continues behind it. A joiner joins pictures, not letters."""
    if _extends(text[offset]):
        return True
    return text[offset - 1] == _JOINER and not (text[offset].isalnum() or text[max(0, offset - 2)].isalnum())


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
    found: Sequence[_Occurrence], weights: Sequence[float], wanted: AbstractSet[int]
) -> Span | None:
    """The passage-long stretch with the greatest weight of wanted terms; the first of equals."""
    inside = dict.fromkeys(wanted, 0)
    weight = best_weight = 0.0
    best: Span | None = None
    relevant = found if len(wanted) == len(weights) else [each for each in found if each[2] in wanted]
    first = 0
    for position, (_, end, term) in enumerate(relevant):
        weight += weights[term] * _GAINS[inside[term]]
        inside[term] += 1
        while first < position and end - relevant[first][0] > LENGTH:
            left = relevant[first][2]
            inside[left] -= 1
            weight -= weights[left] * _GAINS[inside[left]]
            first += 1
        if weight > best_weight + 1e-9:
            best_weight, best = weight, (relevant[first][0], end)
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
    for first, last, _ in found:
        if first < end < last:
            end = last
    for first, last, _ in reversed(found):
        if first < start < last:
            start = first
    return start, end


def _passage(text: str, start: int, end: int, found: Sequence[_Occurrence]) -> Snippet:
    if end == 0:
        start, end = _extended(text, 0, 0)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    inside = [each for each in found if start <= each[0] and each[1] <= end]
    first = inside[0][0] if inside else start
    return Snippet(
        text[start:end],
        tuple((begins - start, ends - start) for begins, ends in _merged(inside)),
        before=start > 0 and not _SENTENCE_END.search(text, max(0, start - 3), start),
        after=end < len(text) and not _SENTENCE_END.search(text, max(0, end - 3), end + 1),
        hit=_hit_number(first, found) if inside else 0,
        paragraph=text.count("\n", 0, first) + 1,
    )


def _hit_number(first: int, found: Sequence[_Occurrence]) -> int:
    """The number of the highlight that begins at `first`; 0 where some before it were not looked for."""
    before = [each for each in found if each[0] <= first]
    is_cut = len(found) >= _MOST_IN_ALL or (
        len(before) >= _MAX_OCCURRENCES
        and max(Counter(each[2] for each in before).values()) >= _MAX_OCCURRENCES
    )
    return 0 if is_cut else len(_merged(before))


def _merged(found: Sequence[_Occurrence]) -> tuple[Span, ...]:
    """The ranges of occurrences, with those that overlap or touch merged."""
    merged: list[Span] = []
    for start, end, _ in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
