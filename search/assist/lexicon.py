"""The frequent words of an index by how they sound: what pinyin, initials, and mixtures of these with
characters stand for.

    交jiao管guan      a word as it is kept: in one text with all of its initial, the most frequent first
    jiaog, jg, 交g    what finds it, each as a regular expression over that text
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice

from index.analysis.document import WORD_FIELDS
from index.engines.base import Engine
from index.store.reader import IndexReader, OpenIndex
from search.assist.pinyin import readings

# Words that are kept: the most frequent of those in so many articles.
_MOST = 50_000
_ARTICLES = 2
# Compiled when first needed: large classes take milliseconds, and a search at a terminal needs none.
_WORD = "[\u3400-\u9fff]{2,8}"
# What may be typed for them: characters and letters; and what stands between syllables.
_TYPED = "[\u3400-\u9fffa-z' ]{2,40}"
_RUNS = "[\u3400-\u9fff]|[a-z]+"
_INITIAL = re.compile("zh?|ch?|sh?|[bpmfdtnlgkhjqxrywaoe]")
# Ways to cut what was typed into syllables that are tried, and words looked at for one answer.
_WAYS = 16
_LOOKED_AT = 40
# Times as long as reading the words took, until they are read again: commits may follow each other all day.
_REST = 20
# So many whole syllables: initials are not tried.
_ENOUGH = 10


def frequent_words(engine: Engine) -> list[str]:
    """The words of one state of an index, the most frequent first."""
    articles: Counter[str] = Counter()
    for field in WORD_FIELDS:
        articles.update(dict(engine.terms(field, "")))
    frequent = (word for word, count in articles.items() if count >= _ARTICLES)
    return sorted(frequent, key=lambda word: (-articles[word], word))


class PinyinIndex:
    """Words, the most frequent first; what is no word of two to eight characters is left out."""

    def __init__(self, words: Iterable[str]) -> None:
        lines: dict[str, list[str]] = defaultdict(list)
        syllables: set[str] = set()
        for word in islice(filter(re.compile(_WORD).fullmatch, words), _MOST):
            sounds = readings().of_word(word)
            syllables.update(sounds)
            lines[sounds[0][0]].append("".join(map("".join, zip(word, sounds, strict=True))))
        self._lines = {initial: "\n" + "\n".join(found) + "\n" for initial, found in lines.items()}
        self._syllables = frozenset(syllables)
        self._beginnings = frozenset(s[:end] for s in syllables for end in range(1, len(s) + 1))

    def words(self, typed: str) -> dict[str, bool]:
        """The words that start with what was typed (folded, v for ü): syllables, the last perhaps unfinished,
        initials, characters. With each, whether it has no more of them. Whole syllables come before
        initials; apart from that, the most frequent come first."""
        if not re.fullmatch(_TYPED, typed):
            return {}
        ways = list(islice(self._ways(re.findall(_RUNS, typed)), _WAYS))
        whole = [_pattern(way) for way in ways if not any(is_initial for _, is_initial in way)]
        abbreviated = [_pattern(way) for way in ways if any(is_initial for _, is_initial in way)]
        words = self._matching(typed[0], whole)
        if len(words) < _ENOUGH:
            words += self._matching(typed[0], abbreviated)
        return {word: len(word) == len(ways[0]) for word in words}

    def splits(self, typed: str) -> Iterator[tuple[str, str]]:
        """What was typed as two, between syllables: the first may be a word of its own."""
        ways = self._ways(re.findall(_RUNS, typed)) if re.fullmatch(_TYPED, typed) else iter(())
        whole = next((way for way in islice(ways, _WAYS) if not any(initial for _, initial in way)), [])
        parts = [part for part, _ in whole]
        for end in range(len(parts) - 1, 0, -1):
            yield "'".join(parts[:end]), "'".join(parts[end:])

    def _ways(self, runs: list[str]) -> Iterator[list[tuple[str, bool]]]:
        """The ways to cut runs of letters (and single characters) into parts of which each starts a
        syllable, the longest parts first; with each, whether it is an initial only."""
        if not runs:
            yield []
            return
        run, *rest = runs
        if not run.isascii():
            yield from ([(run, False), *way] for way in self._ways(rest))
            return
        for end in range(min(6, len(run)), 0, -1):
            part = run[:end]
            is_last = end == len(run) and not rest
            is_whole = part in self._syllables or (is_last and end > 2 and part in self._beginnings)
            if is_whole or _INITIAL.fullmatch(part) or (is_last and part in self._beginnings):
                remaining = [run[end:], *rest] if end < len(run) else rest
                yield from ([(part, not is_whole), *way] for way in self._ways(remaining))

    def _matching(self, first: str, patterns: list[str]) -> list[str]:
        if not patterns:
            return []
        initials = {first} if first.isascii() else {sound[0] for sound in readings().of_character(first)}
        expression = re.compile(rf"\n(?:{'|'.join(patterns)})[^\n]*")
        return [
            "".join(character for character in match[0] if not character.isascii())
            for initial in sorted(initials)
            for match in islice(expression.finditer(self._lines.get(initial, "")), _LOOKED_AT)
        ]


def _pattern(way: list[tuple[str, bool]]) -> str:
    """An expression for the words that a way to cut what was typed stands for."""
    *heads, (last, _) = way
    parts = [
        f"{part}[a-z]*" if not part.isascii() else f"[^a-z\n]{part}" + ("[a-z]*" if is_short else "")
        for part, is_short in heads
    ]
    parts.append(f"{last}[a-z]*" if not last.isascii() else f"[^a-z\n]{last}[a-z]*")
    return "".join(parts)


class LivePinyinIndex:
    """The words of the index that a reader reads."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._made: tuple[OpenIndex, int, PinyinIndex] | None = None
        self._making = threading.Lock()
        self._not_before = 0.0

    def of(self, index: OpenIndex) -> PinyinIndex:
        """The words of an index that is open. The first time they are read at once, which takes a second for
        30,000 articles; after a change, in a thread, though not all the time, and those of before are given
        meanwhile."""
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._make(index)
        assert self._made is not None
        is_new = self._made[:2] != (index, index.version) and time.monotonic() >= self._not_before
        if is_new and self._making.acquire(blocking=False):
            with ExitStack() as stack:
                stack.callback(self._making.release)
                opened = stack.enter_context(self._reader.acquire())
                arguments = opened, stack.pop_all()
            self._start(*arguments)
        return self._made[2]

    def _start(self, index: OpenIndex, stack: ExitStack) -> None:
        """Makes the words in a thread, which closes the stack."""
        try:
            threading.Thread(target=self._remake, args=(index, stack), daemon=True).start()
        except RuntimeError:  # no thread is to be had: another search will try
            stack.close()

    def _remake(self, index: OpenIndex, stack: ExitStack) -> None:
        started = time.thread_time()
        with stack:
            self._make(index)
            self._not_before = time.monotonic() + _REST * (time.thread_time() - started)

    def _make(self, index: OpenIndex) -> None:
        version = index.version
        self._made = index, version, PinyinIndex(frequent_words(index.engine))
