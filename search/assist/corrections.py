"""Corrections of a text with one edit, where it finds little or nothing as it was typed.

The noisy channel model (Kernighan, Church, Gale 1990): of the texts one edit away from what was typed, the
best has the highest P(edit) × P(text). P(edit) is the table below; P(text) is the number of articles with the
text, which the grams of the index tell. So any text of the archive is a possible correction, a dictionary's
word or not, and nothing has to be kept besides the index.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from heapq import heappop, heappush, merge
from itertools import pairwise
from string import ascii_lowercase

from whoosh import query

from index.analysis.grams import BOUNDARY, END, separate, units
from search.assist.budget import MeteredIndex
from search.assist.context import GapContext
from search.assist.pinyin import readings
from search.planning.matching import match_units
from search.query.grammar import SEARCHED_FIELDS
from search.query.wildcard import within_distance

# log10 of the probability of an edit: that of its kind, shared among all
# that it could have made (some characters sound the same, a hundred nearly so, thousands are others).
_SAME_SOUND = -2.0
_NEAR_SOUND = -2.9
_SWAPPED = -1.5
_DOUBLED = -1.5
_MISSING = -1.7
_OTHER = -4.7
_SURPLUS = -5.0
_TWO_SWAPPED = -1.5
_ONE_LETTER = -2.0
_TWO_LETTERS = -4.0
# The least score of a correction, and what each unit that it keeps takes off: the more there is that fits,
# the less likely is chance. Where something was found as typed, a correction must be likelier than that.
_LEAST = -2.6
_LEAST_UNIT = 0.75
# Pseudo-count of a text whose parts occur only in different articles.
_APART = 0.0001
# Upper bound of how much oftener than by chance a character stands between two others.
_BOUND = 100
# Penalty for each character that is part of no word, up to so many.
_WORDLESS = -0.7
_MOST_WORDLESS = 2

# A text of so many units that occurs as it was typed is taken as meant, however rare it is.
_LONG = 5
# A stretch of more is not looked at: somebody has pasted a passage.
_LONGEST = 40
# Units of a long text to each side of an edit that have to be there, too; and the weight of a text that has
# one less (stupid backoff, Brants 2007).
_AROUND = 3
_BACK_OFF = 0.1
# Words of letters shorter than this are like too many others; from the other length on, two edits count.
_LETTERS = 4
_MANY_LETTERS = 6
# A unit of a long text is sound where it is with its neighbours, so many in all, in more articles than that.
_SOUND = 3
_ACCIDENTS = 3
# Characters tried at the start of a text, where there is none before; and at a time.
_FREQUENT = 2000
_AT_A_TIME = 20
# Steps of a search.
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A corrected text. `score` is log10 of P(edit) × the number of articles with the text."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of a typed text, with its offsets there."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Edit:
    """The units [start, end) of a stretch replaced by `put`; `log_p` is log10 of P(edit)."""

    log_p: float
    start: int
    end: int
    put: tuple[str, ...]


def corrections(index: MeteredIndex, name: str, text: str, found: int) -> Iterator[Candidate]:
    """Corrections of a text that `found` articles contain, the best first. `name` is a logical field:
    `text`, `title` or `body`."""
    stretches = [stretch for stretch in _stretches(text) if 0 < len(stretch) <= _LONGEST]
    searches = (_of_stretch(index, name, text, stretch, found) for stretch in stretches)
    yield from merge(*searches, key=lambda correction: -correction.score)


def _of_stretch(
    index: MeteredIndex, name: str, text: str, stretch: Sequence[_Unit], found: int
) -> Iterator[Candidate]:
    typed = [unit.text for unit in stretch]
    for score, edit in _Search(index, name, typed, found).edits():
        start = stretch[edit.start].start
        end = stretch[edit.end - 1].end if edit.end > edit.start else start
        put = "".join(unit.removesuffix(END) for unit in edit.put)
        yield Candidate(text[:start] + put + text[end:], score)


def _stretches(text: str) -> Iterator[list[_Unit]]:
    """Runs of units between punctuation and symbols, with their offsets."""
    stretch: list[_Unit] = []
    position = 0
    while position < len(text):
        end = position + 1
        found = units(separate(text[position]))
        if len(found) == 1 and found[0].endswith(END):
            while end < len(text) and text[end].isalnum():
                longer = units(separate(text[position : end + 1]))
                if len(longer) > 1:
                    break
                found, end = longer, end + 1
        if len(found) == 1 and found[0][0].isalnum():
            stretch.append(_Unit(found[0], position, end))
        elif found or BOUNDARY in separate(text[position]):
            yield stretch
            stretch = []
        position = end
    yield stretch


def _one_edit(word: str) -> Iterator[str]:
    """Words one letter inserted, deleted or replaced away."""
    for i in range(len(word) + 1):
        yield word[:i] + word[i + 1 :]
        for letter in ascii_lowercase:
            yield word[:i] + letter + word[i:]
            yield word[:i] + letter + word[i + 1 :]


def _swapped(word: str) -> Iterator[str]:
    for i in range(len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]


class _Frequencies:
    """Document frequencies of tokens, summed over several fields: an article with a token in two fields
    counts twice. Each token is looked up once, several in one call."""

    def __init__(self, index: MeteredIndex, fields: Sequence[str]) -> None:
        self._index = index
        self._fields = fields
        self._known: dict[str, int] = {}

    def of(self, tokens: Iterable[str]) -> Mapping[str, int]:
        """Document frequencies of the tokens, among those of earlier calls."""
        missing = [token for token in dict.fromkeys(tokens) if token not in self._known]
        if missing:
            self._known |= dict.fromkeys(missing, 0)
            for field in self._fields:
                for token, count in self._index.frequencies(field, missing).items():
                    self._known[token] += count
        return self._known


class _Search:
    """A* search for the edits that turn a sequence of units into a text of the index. It always extends
    the edit with the best upper bound, so the first complete one is the best."""

    def __init__(self, index: MeteredIndex, name: str, typed: list[str], found: int) -> None:
        self._index = index
        self._name = name
        self._fields = SEARCHED_FIELDS[name]
        self._typed = typed
        self._found = found
        self._heap: list[tuple[float, int, Callable[[], None] | _Edit]] = []
        self._pushed = 0
        self._grams = _Frequencies(index, [f"{field}_grams" for field in self._fields])
        self._units = _Frequencies(index, [f"{field}_units" for field in self._fields])
        self.after = cache(self._after)
        self.gap_fillers = cache(self._gap_fillers)
        self.having = cache(self._having)
        self.together = cache(self._together)

    def edits(self) -> Iterator[tuple[float, _Edit]]:
        """Edits that are better than none, the best first, with their scores."""
        least = _LEAST - _LEAST_UNIT * min(_LONG, len(self._typed))
        if self._found:
            as_typed = self._count(self._typed)
            if as_typed and len(self._typed) >= _LONG:
                return
            likely = math.log10(as_typed or _APART * self._found) + self._wordless(self._typed)
            least = max(least, likely)
        self._start()
        for _ in range(_STEPS):
            if not self._heap or self._index.is_spent:
                return
            bound, _, step = heappop(self._heap)
            if -bound < least:
                return
            if isinstance(step, _Edit):
                yield -bound, step
            else:
                step()

    def _push(self, log_p: float, articles: float, step: Callable[[], None] | _Edit) -> None:
        """Queues `step` under its upper bound; `articles` is the greatest possible number of articles."""
        if articles:
            self._pushed += 1
            heappush(self._heap, (-log_p - math.log10(articles), self._pushed, step))

    def _start(self) -> None:
        """Queues every kind of edit at every offset where one is possible."""
        typed = self._typed
        edits: list[_Edit] = []
        for i, unit in enumerate(typed):
            if unit.endswith(END):
                if unit[0].isalpha() and _LETTERS <= len(unit.removesuffix(END)) <= _LONGEST:
                    most = self._most(i, i + 1, 1)
                    self._push(_ONE_LETTER, most, partial(self._letters, i, most))
                continue
            if len(typed) == 1 or self._is_sound(i, i + 1):
                continue
            most = self._most(i, i + 1, 1)
            self._push(_SAME_SOUND, most, partial(self._sounds, i, most))
            if len(typed) > 2:
                self._push(_OTHER, most, partial(self._any, _OTHER, i, i + 1, most))
                log_p = _DOUBLED if unit in typed[max(0, i - 1) : i] else _SURPLUS
                edits.append(_Edit(log_p, i, i + 1, ()))
            if i + 1 < len(typed) and unit != typed[i + 1] and not typed[i + 1].endswith(END):
                edits.append(_Edit(_SWAPPED, i, i + 2, (typed[i + 1], unit)))
        self._check_pairs([(edit, self._articles) for edit in edits])
        for i in range(1, len(typed)):
            if not self._is_sound(i - 1, i + 1):
                most = self._most(i, i, 1)
                self._push(_MISSING, most, partial(self._any, _MISSING, i, i, most))

    def _is_sound(self, start: int, end: int) -> bool:
        """True if the units [start, end) of a long text occur elsewhere with the same neighbours."""
        if len(self._typed) < _LONG:
            return False
        starts = range(max(0, end - _SOUND), min(start, len(self._typed) - _SOUND) + 1)
        return all(self.together(i) > _ACCIDENTS for i in starts)

    def _together(self, start: int) -> int:
        return self._count(self._typed[start : start + _SOUND])

    def _most(self, start: int, end: int, put: int) -> float:
        """Upper bound of the articles with the text after the units [start, end) are replaced by `put`
        others."""
        return max(share * self.having(start, end, put, width) for width, share in self._widths)

    def _having(self, start: int, end: int, put: int, width: int) -> int:
        """The number of articles with the context of the units [start, end)."""
        match = self._context(start, end, put, width).match(self._fields)
        return self._articles if match is None else self._index.count(match)

    def _context(self, start: int, end: int, put: int, width: int) -> GapContext:
        left, right = self._typed[max(0, start - width) : start], self._typed[end : end + width]
        return GapContext(tuple(left), tuple(right), put)

    def _gap_fillers(self, start: int, end: int) -> Mapping[str, int] | None:
        """Characters between the same neighbours as the units [start, end) in articles; None where those
        are too many to be read."""
        width, _ = self._widths[-1]
        if self.having(start, end, 1, width) > self._index.most_read:
            return None
        context = self._context(start, end, 1, width)
        match = context.match(self._fields)
        return None if match is None else context.gap_fillers(self._index.read(match, self._index.most_read))

    @cached_property
    def _widths(self) -> tuple[tuple[int, float], ...]:
        """Widths of context, in units to each side of an edit, with their weights."""
        if len(self._typed) < _LONG:
            return ((_LONG, 1.0),)
        return (len(self._typed), 1.0), (_AROUND, _BACK_OFF), (_AROUND - 1, _BACK_OFF**2)

    def _sounds(self, i: int, most: float) -> None:
        alike = readings().alike(self._typed[i])
        for log_p, same in ((_SAME_SOUND, True), (_NEAR_SOUND, False)):
            self._each(log_p, i, i + 1, most, (other for other, is_same in alike.items() if is_same is same))

    def _any(self, log_p: float, start: int, end: int, most: float) -> None:
        self._each(log_p, start, end, most, self._candidates(start, end))

    def _candidates(self, start: int, end: int) -> Iterable[str]:
        """Candidates for the units [start, end)."""
        if (gap_fillers := self.gap_fillers(start, end)) is not None:
            return filter(str.isalpha, gap_fillers)
        return self.after(self._typed[start - 1]) if start else readings().frequent[:_FREQUENT]

    def _each(self, log_p: float, start: int, end: int, most: float, others: Iterable[str]) -> None:
        """Queues these characters as replacements of the units [start, end), the most frequent there
        first."""
        if (gap_fillers := self.gap_fillers(start, end)) is not None:
            ranked = [(most, other) for other in others if other in gap_fillers]
        elif start:
            after = self.after(self._typed[start - 1])
            ranked = [(min(most, after[other]), other) for other in others if other in after]
        else:
            ranked = [(most, other) for other in others]
        ranked.sort(key=lambda pair: -pair[0])
        self._go_on(log_p, start, end, ranked)

    def _go_on(self, log_p: float, start: int, end: int, ranked: list[tuple[float, str]]) -> None:
        self._check_pairs([(_Edit(log_p, start, end, (other,)), most) for most, other in ranked[:_AT_A_TIME]])
        if rest := ranked[_AT_A_TIME:]:
            self._push(log_p, rest[0][0], partial(self._go_on, log_p, start, end, rest))

    def _letters(self, i: int, most: float) -> None:
        """Words one letter away; for a long word two letters, with the same first letter."""
        word = self._typed[i].removesuffix(END)
        edits = dict.fromkeys(_one_edit(word), _ONE_LETTER) | dict.fromkeys(_swapped(word), _TWO_SWAPPED)
        known = self._units.of(other + END for other in edits)
        found = {other: known[other + END] for other in edits}
        if len(word) >= _MANY_LETTERS:
            for field in self._fields:
                for unit, count in self._index.terms(f"{field}_units", word[0]):
                    other = unit.removesuffix(END)
                    if other not in edits and within_distance(word, other, 2):
                        found[other] = found.get(other, 0) + count
        self._check_pairs(
            [
                (_Edit(edits.get(other, _TWO_LETTERS), i, i + 1, (other + END,)), min(most, count))
                for other, count in found.items()
                if count and other != word
            ]
        )

    def _check_pairs(self, edits: Sequence[tuple[_Edit, float]]) -> None:
        """Drops edits that make a pair of units which no article has. The others get a new upper bound of
        articles."""
        pairs = [[a + b for a, b in pairwise(self._around(edit, 1))] for edit, _ in edits]
        grams = self._grams.of(pair for those in pairs for pair in those)
        found = [
            (edit, min((most, *counts)), counts)
            for (edit, most), those in zip(edits, pairs, strict=True)
            if all(counts := [grams[pair] for pair in those])
        ]
        both = [edit.put[0] for edit, _, counts in found if len(counts) == 2 and len(edit.put) == 1]
        units = self._units.of(both)
        for edit, most, counts in found:
            if len(counts) == 2 and len(edit.put) == 1:
                most = min(most, _BOUND * counts[0] * counts[1] / max(1, units[edit.put[0]]))
            made = [*self._typed[: edit.start], *edit.put, *self._typed[edit.end :]]
            log_p = edit.log_p + self._wordless(made)
            self._push(log_p, most, partial(self._check_text, edit, log_p))

    def _check_text(self, edit: _Edit, log_p: float) -> None:
        for width, share in self._widths:
            if count := self._count(self._around(edit, width)):
                self._push(log_p, share * count, edit)
                return

    def _around(self, edit: _Edit, width: int) -> list[str]:
        """The text after an edit, with `width` units to both sides."""
        typed = self._typed
        return [
            *typed[max(0, edit.start - width) : edit.start],
            *edit.put,
            *typed[edit.end : edit.end + width],
        ]

    def _wordless(self, made: Sequence[str]) -> float:
        """Penalty for characters outside of words of the dictionary: people search for words."""
        text = "".join(unit.removesuffix(END) for unit in made)
        ends = sorted(self._index.analyzer.word_ends(text))
        single = sum(end - start == 1 and text[start].isalpha() for start, end in pairwise([0, *ends]))
        return _WORDLESS * min(single, _MOST_WORDLESS)

    def _count(self, found: Sequence[str]) -> int:
        return self._index.count(match_units(self._name, found))

    @cached_property
    def _articles(self) -> int:
        return self._index.count(query.Every())

    def _after(self, unit: str) -> dict[str, int]:
        """Characters that follow a unit, with their document frequencies."""
        counts: Counter[str] = Counter()
        for field in self._fields:
            for other, count in self._index.followers(f"{field}_grams", unit):
                if other.isalpha():
                    counts[other] += count
        return counts
