"""Collocations: counts, cohesion and entropies of adjacent words in a corpus.

Sorting arrays of numbers counts the pairs of 35 million words in 5 s and 0.8 GB; a dict of them takes
three times that.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The word that stands for anything a word can't go over: punctuation, spaces, the end of a text.
EDGE = 0

_Numbers = NDArray[np.int64]
_Offsets = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Collocation:
    """Words (by number) that often follow one another.

    `cohesion` is their pointwise mutual information in bits, at the split where it is least (Church &
    Hanks 1990): how much more often the two sides are adjacent than by chance. `left` and `right` are the
    entropies in bits of the word before and after: how freely it is used.
    """

    words: tuple[int, ...]
    count: int
    cohesion: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class _Level:
    """Frequent collocations of one length: the start of each occurrence (ascending), its collocation, and
    the number of occurrences of each collocation."""

    starts: _Offsets
    numbers: _Offsets
    counts: _Numbers


class Ngrams:
    """Frequent collocations in a corpus. `lengths` has the characters of each word by its number, and 0
    for words that no collocation may have; `longest` is the most characters of a collocation."""

    def __init__(self, corpus: array[int], lengths: array[int], longest: int, min_count: int) -> None:
        self._corpus = np.frombuffer(corpus, np.int32) if corpus else np.empty(0, np.int32)
        self._words = len(lengths)
        self._lengths = np.frombuffer(lengths, np.int8)
        self._longest = longest
        self._min_count = min_count
        self._counts = np.bincount(self._corpus, minlength=self._words)
        self._levels: dict[int, _Level] = {}
        level = self._pairs()
        while len(level.counts):
            self._levels[len(self._levels) + 2] = level
            level = self._longer(level)

    def collocations(self, min_cohesion: float, min_entropy: float) -> Iterator[Collocation]:
        """Collocations that are cohesive, and used freely on both sides."""
        for length, level in self._levels.items():
            # An occurrence of each.
            sample = np.zeros(len(level.counts), np.int64)
            sample[level.numbers] = level.starts
            cohesion = self._cohesion(length, level, sample)
            wanted = cohesion >= min_cohesion
            left, right = self._entropies(length, level, wanted)
            for number in np.flatnonzero(wanted & (np.minimum(left, right) >= min_entropy)):
                start = sample[number]
                yield Collocation(
                    tuple(self._corpus[start : start + length].tolist()),
                    int(level.counts[number]),
                    float(cohesion[number]),
                    float(left[number]),
                    float(right[number]),
                )

    def _pairs(self) -> _Level:
        may_be = (self._lengths > 0) & (self._counts >= self._min_count)
        fits = may_be[self._corpus]
        lengths = self._lengths[self._corpus]
        fits = fits[:-1] & fits[1:] & (lengths[:-1] + lengths[1:] <= self._longest)
        starts = np.flatnonzero(fits).astype(np.int32)
        keys = self._corpus[starts].astype(np.int64)
        keys *= self._words
        keys += self._corpus[starts + 1]
        return self._frequent(starts, keys)

    def _longer(self, level: _Level) -> _Level:
        """Collocations of one more word: those whose two ends are frequent without each other."""
        length = len(self._levels) + 1
        known = np.zeros(len(self._corpus) + 1, np.bool_)
        known[level.starts] = True
        goes_on = known[level.starts + 1]
        starts, numbers = level.starts[goes_on], level.numbers[goes_on]
        characters = np.zeros(len(starts), np.int16)
        for offset in range(length + 1):
            characters += self._lengths[self._corpus[starts + offset]]
        fits = characters <= self._longest
        starts, numbers = starts[fits], numbers[fits]
        return self._frequent(starts, numbers.astype(np.int64) * self._words + self._corpus[starts + length])

    def _frequent(self, starts: _Offsets, keys: _Numbers) -> _Level:
        """Collocations that are frequent enough; equal `keys` mean the same collocation."""
        found, counts = _count(keys)
        is_frequent = counts >= self._min_count
        found, counts = found[is_frequent], counts[is_frequent]
        numbers = np.searchsorted(found, keys).astype(np.int32)
        numbers[numbers == len(found)] = 0
        kept = found[numbers] == keys if len(found) else np.zeros(len(keys), np.bool_)
        return _Level(starts[kept], numbers[kept], counts)

    def _cohesion(self, length: int, level: _Level, sample: _Numbers) -> NDArray[np.float64]:
        least = np.full(len(level.counts), np.inf)
        together = np.log2(level.counts) + np.log2(len(self._corpus))
        for split in range(1, length):
            apart = np.log2(self._counts_at(split, sample)) + np.log2(
                self._counts_at(length - split, sample + split)
            )
            least = np.minimum(least, together - apart)
        return least

    def _counts_at(self, length: int, starts: _Numbers) -> _Numbers:
        """Counts of the collocations of `length` words that start at `starts`."""
        if length == 1:
            return self._counts[self._corpus[starts]]
        level = self._levels[length]
        return level.counts[level.numbers[np.searchsorted(level.starts, starts)]]

    def _entropies(
        self, length: int, level: _Level, wanted: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Entropies of the words before and after. Every edge of a sentence counts as a different word:
        punctuation shows that a word ends there."""
        chosen = wanted[level.numbers]
        starts, numbers = level.starts[chosen], level.numbers[chosen].astype(np.int64)
        total = np.log2(level.counts)
        entropies = []
        last = len(self._corpus) - 1
        for beside in (starts - 1, starts + length):
            # The corpus starts and ends with an edge.
            words = self._corpus[np.clip(beside, 0, last)]
            inner = words != EDGE
            keys, counts = _count(numbers[inner] * self._words + words[inner])
            spent = np.bincount(
                keys // self._words, weights=counts * np.log2(counts), minlength=len(level.counts)
            )
            entropies.append(total - spent / level.counts)
        return entropies[0], entropies[1]


def _count(keys: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Distinct keys in order, with their counts."""
    ordered = np.sort(keys)
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    firsts = np.flatnonzero(is_first)
    return ordered[firsts], np.diff(firsts, append=len(ordered))
