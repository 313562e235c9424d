"""Pinyin without tones: readings of characters and words, similar sounds, and words of the index by sound.

The data is pypinyin's. Its list of a character's readings has every one there is (的 dì, 大 tài): a common
one is the first, or one that a tenth of the character's words have.

A `PinyinIndex` keeps each word in one text with all of its initial, the most frequent first. What was typed
becomes a regular expression over that text:

    交jiao管guan      a word as it is kept
    jiaog, jg, 交g    finds it
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache, cached_property, lru_cache
from itertools import islice

from index.analysis.document import WORD_FIELDS
from index.engines.base import Engine
from index.store.reader import IndexReader, OpenIndex
from search.followed import Followed

# A reading is common where this share of a character's words has it.
_COMMON = 0.1
# What southern speakers and the "fuzzy sounds" of input methods don't tell apart.
_NEAR = ((r"^zh", "z"), (r"^ch", "c"), (r"^sh", "s"), (r"^[nr]", "l"), (r"^h", "f"), (r"(?<=[aei]n)g$", ""))

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


class Readings:
    """The readings of characters and words. Loading the data takes a fifth of a second: see `readings`."""

    def __init__(self) -> None:
        from pypinyin.phrases_dict import phrases_dict
        from pypinyin.pinyin_dict import pinyin_dict

        self._phrases: dict[str, list[list[str]]] = phrases_dict
        self._characters: dict[int, str] = pinyin_dict
        self._longest = max(map(len, phrases_dict))

    def load(self) -> None:
        """Loads what is derived from the data, which takes another fifth of a second."""
        _ = self._by_near_sound, self.frequent

    def of_word(self, word: str) -> tuple[str, ...]:
        """Syllables of a word, one for each character; a character without a reading stands for itself.

        >>> readings().of_word("银行"), readings().of_word("行动"), readings().of_word("重庆女子A股")
        (('yin', 'hang'), ('xing', 'dong'), ('chong', 'qing', 'nv', 'zi', 'a', 'gu'))
        """
        found: list[str] = []
        while len(found) < len(word):
            start = len(found)
            for end in range(min(len(word), start + self._longest), start + 1, -1):
                phrase = self._phrases.get(word[start:end])
                if phrase is not None and len(phrase) == end - start:
                    found += [_toneless(readings[0]) for readings in phrase]
                    break
            else:
                first = self._characters.get(ord(word[start]), word[start].lower()).partition(",")[0]
                found.append(_toneless(first))
        return tuple(found)

    def of_character(self, character: str) -> tuple[str, ...]:
        """Common readings of a character; empty for one without readings.

        >>> readings().of_character("行"), readings().of_character("大"), readings().of_character("A")
        (('xing', 'hang'), ('da',), ())
        """
        return self._common.get(character, ())

    def alike(self, character: str) -> dict[str, bool]:
        """Characters that sound the same (True) or nearly the same (False), without the character itself."""
        found: dict[str, bool] = {}
        for syllable in self.of_character(character):
            for other in self._by_near_sound[near_sound(syllable)]:
                found[other] = found.get(other, False) or syllable in self.of_character(other)
        found.pop(character, None)
        return found

    def is_pinyin(self, letters: str) -> bool:
        """True for a sequence of whole syllables.

        >>> readings().is_pinyin("jiaoguan"), readings().is_pinyin("python")
        (True, False)
        """
        return self._syllables.fullmatch(letters) is not None

    @cached_property
    def _syllables(self) -> re.Pattern[str]:
        known = {syllable for syllables in self._common.values() for syllable in syllables}
        return re.compile(f"(?:{'|'.join(sorted(filter(str.isascii, known)))})+")

    @cached_property
    def frequent(self) -> tuple[str, ...]:
        """Characters of words, those of most words first."""
        return tuple(sorted(self._counts, key=lambda character: -self._counts[character].total()))

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for word, phrase in self._phrases.items():
            for character, readings in zip(word, phrase, strict=False):
                counts[character][readings[0]] += 1
        return counts

    @cached_property
    def _common(self) -> dict[str, tuple[str, ...]]:
        common: dict[str, tuple[str, ...]] = {}
        for character, counted in self._counts.items():
            first = self._characters.get(ord(character), "").partition(",")[0]
            known = [reading for reading, count in counted.items() if count >= _COMMON * counted.total()]
            common[character] = tuple(dict.fromkeys(map(_toneless, filter(None, (first, *known)))))
        return common

    @cached_property
    def _by_near_sound(self) -> dict[str, list[str]]:
        sounds: dict[str, list[str]] = defaultdict(list)
        for character, syllables in self._common.items():
            for sound in set(map(near_sound, syllables)):
                sounds[sound].append(character)
        return sounds


@cache
def readings() -> Readings:
    """The readings, loaded at the first call."""
    return Readings()


@lru_cache(maxsize=2000)
def near_sound(syllable: str) -> str:
    """Key that is equal for syllables that are easily confused.

    >>> near_sound("zhang") == near_sound("zan"), near_sound("ling") == near_sound("nin")
    (True, True)
    """
    for pattern, replacement in _NEAR:
        syllable = re.sub(pattern, replacement, syllable)
    return syllable


@lru_cache(maxsize=4000)
def _toneless(reading: str) -> str:
    from pypinyin.contrib.tone_convert import to_normal

    return str(to_normal(reading))


def frequent_words(engine: Engine) -> list[str]:
    """The words of one state of an index, the most frequent first."""
    articles: Counter[str] = Counter()
    for field in WORD_FIELDS:
        articles.update(dict(engine.terms(field, "")))
    frequent = (word for word, count in articles.items() if count >= _ARTICLES)
    return sorted(frequent, key=lambda word: (-articles[word], word))


class PinyinIndex:
    """Words of two to eight characters, the most frequent first; others are left out."""

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
        """Words that start with what was typed (folded, v for ü): syllables (the last may be unfinished),
        initials, or characters. Each comes with True if nothing of it follows.

        Whole syllables come before initials; otherwise, the most frequent come first.
        """
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
        """Splits between syllables into two parts, the first of which may be a word of its own."""
        ways = self._ways(re.findall(_RUNS, typed)) if re.fullmatch(_TYPED, typed) else iter(())
        whole = next((way for way in islice(ways, _WAYS) if not any(initial for _, initial in way)), [])
        parts = [part for part, _ in whole]
        for end in range(len(parts) - 1, 0, -1):
            yield "'".join(parts[:end]), "'".join(parts[end:])

    def _ways(self, runs: list[str]) -> Iterator[list[tuple[str, bool]]]:
        """Ways to cut runs of letters (and single characters) into parts that each start a syllable, the
        longest parts first. Each part comes with True if it is an initial only."""
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
    """Regular expression for the words that one way to cut the typed text stands for."""
    *heads, (last, _) = way
    parts = [
        f"{part}[a-z]*" if not part.isascii() else f"[^a-z\n]{part}" + ("[a-z]*" if is_short else "")
        for part, is_short in heads
    ]
    parts.append(f"{last}[a-z]*" if not last.isascii() else f"[^a-z\n]{last}[a-z]*")
    return "".join(parts)


class LivePinyinIndex:
    """The pinyin index of a live index: made again, in a thread, after changes."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._followed: Followed[PinyinIndex] = Followed(in_thread=True, rest=_REST)

    def of(self, index: OpenIndex) -> PinyinIndex:
        """The words of an open index. The first call reads them at once (a second for 30,000 articles);
        after a change a thread does, and meanwhile callers get the old words."""
        return self._followed.value((index, index.version), self._prepare)

    def _prepare(self) -> Callable[[], PinyinIndex]:
        """Holds the index open for a thread that reads its words."""
        with ExitStack() as stack:
            index = stack.enter_context(self._reader.acquire())
            held = stack.pop_all()

        def read() -> PinyinIndex:
            with held:
                return PinyinIndex(frequent_words(index.engine))

        return read
