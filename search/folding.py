"""Folding: of copies among the best hits, and of the issues of a series, the best alone stands in the list.

The best hits are compared by their sketches (`index/analysis/sketch.py`), in order: each goes below
the first one before it that it is a copy of, or that has its title, or else stands for itself. So what a page
shows depends on nothing but the order of the hits, and is the same on every engine, for every page, and
whether an article was indexed alone or with all others. As many are compared as a page needs, by `WINDOWS`;
behind the last of them, hits stand as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from index.analysis.sketch import keys_of, resemble
from index.engines.base import Hit
from search.second_look import Page

# Best hits that are compared; more where those that stand for themselves don't fill the page, as for a series
# of a thousand issues. More hits only add to what fewer give. Forty take 1 ms (bench/repeats.py).
WINDOWS = (40, 160, 1600)
# Sketches that are read at once.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Folded:
    """The ids of the articles below one, the best first: its copies, and those of its title with another
    text."""

    copies: tuple[str, ...] = ()
    series: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All of them: the copies first."""
        return self.copies + self.series


NOTHING_FOLDED = Folded()


@dataclass(frozen=True, slots=True)
class Entry:
    """A hit that stands in the list, with what is folded below it."""

    hit: Hit
    folded: Folded = NOTHING_FOLDED


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the list: `page` has the hits that it was made of, and `folded` is the number of articles in
    the whole list that stand below others."""

    entries: tuple[Entry, ...]
    page: Page
    folded: int = 0


@dataclass(frozen=True, slots=True)
class _Group:
    """A hit that stands in the list, while others are put below it."""

    hit: Hit
    sketch: bytes
    copies: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)

    @property
    def entry(self) -> Entry:
        is_alone = not (self.copies or self.series)
        return Entry(self.hit, NOTHING_FOLDED if is_alone else Folded(tuple(self.copies), tuple(self.series)))


def fold(hits: Sequence[Hit], sketches: Callable[[Sequence[str]], dict[str, bytes]]) -> list[Entry]:
    """Folds hits, the best first; `sketches` gives the sketches of articles by their ids."""
    if len(hits) < 2:
        return [Entry(hit) for hit in hits]
    ids = [hit.id for hit in hits]
    kept: dict[str, bytes] = {}
    for start in range(0, len(ids), _AT_ONCE):
        kept |= sketches(ids[start : start + _AT_ONCE])
    of_hits = [keys_of(kept.get(each, b"")) for each in ids]
    repeated = _repeated(of_hits)
    if not repeated:
        return [Entry(hit) for hit in hits]
    groups: list[_Group] = []
    with_key: dict[int, list[int]] = {}  # ranks of groups
    with_title: dict[int, _Group] = {}
    for hit, of_hit in zip(hits, of_hits, strict=True):
        sketch = kept.get(hit.id, b"")
        if not of_hit or repeated.isdisjoint(of_hit):  # what most hits take
            groups.append(_Group(hit, sketch))
            continue
        title, *keys = of_hit
        near = sorted({rank for key in keys if key in repeated for rank in with_key.get(key, ())})
        original = next((groups[rank] for rank in near if resemble(groups[rank].sketch, sketch)), None)
        if original is not None:
            original.copies.append(hit.id)
        elif title in with_title:
            with_title[title].series.append(hit.id)
        else:
            for key in repeated.intersection(keys):
                with_key.setdefault(key, []).append(len(groups))
            groups.append(_Group(hit, sketch))
            if title:
                with_title[title] = groups[-1]
    return [group.entry for group in groups]


def _repeated(of_hits: Sequence[tuple[int, ...]]) -> set[int]:
    """Keys and titles that several hits have; 0 is no title."""
    keys = list(chain.from_iterable(of_hits))
    if len(set(keys)) == len(keys):
        return set()
    return {key for key, count in Counter(keys).items() if count > 1} - {0}


def list_hits(
    ranked: Callable[[int, int], Page],
    sketches: Callable[[Sequence[str]], dict[str, bytes]],
    offset: int,
    size: int,
    *,
    folds: bool,
    most: int = WINDOWS[-1],
) -> Listed:
    """The hits that `ranked` gives by offset and limit, from `offset` on: as they are, or, if it `folds`, of
    the list of those that stand for themselves. At most the `most` best are compared."""
    if not folds:
        page = ranked(offset, size)
        return Listed(tuple(map(Entry, page.hits)), page)
    for window in WINDOWS:
        if window < min(offset + size, WINDOWS[-1]):
            continue
        best = ranked(0, window)
        standing = fold(best.hits, sketches)
        if len(standing) >= offset + size or window >= min(most, best.found.total):
            break
    folded = len(best.hits) - len(standing)
    entries = standing[offset : offset + size]
    if len(entries) < size and best.found.total > window:
        rest = ranked(max(window, offset + folded), size - len(entries))
        entries += map(Entry, rest.hits)
    return Listed(tuple(entries), best, folded)
