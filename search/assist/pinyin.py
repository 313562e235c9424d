"""How Chinese sounds, without tones: the common readings of a character, that of a word, and what sounds
the same or nearly so.

The data is pypinyin's. Its list of a character's readings holds every one there is (的 dì, 大 tài): a common
one is its first, or one that a tenth of its words have.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache, cached_property, lru_cache

# A reading is common where this share of a character's words has it.
_COMMON = 0.1
# What southern speakers and the "fuzzy sounds" of input methods don't tell apart.
_NEAR = ((r"^zh", "z"), (r"^ch", "c"), (r"^sh", "s"), (r"^[nr]", "l"), (r"^h", "f"), (r"(?<=[aei]n)g$", ""))


class Readings:
    """The readings of characters and words. Loading the data takes a fifth of a second: see `readings`."""

    def __init__(self) -> None:
        from pypinyin.phrases_dict import phrases_dict
        from pypinyin.pinyin_dict import pinyin_dict

        self._phrases: dict[str, list[list[str]]] = phrases_dict
        self._characters: dict[int, str] = pinyin_dict
        self._longest = max(map(len, phrases_dict))

    def of_word(self, word: str) -> tuple[str, ...]:
        """The syllables of a word, one for each character; of a character that has no reading, itself.

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
        """The common readings of a character; none of what has none.

        >>> readings().of_character("行"), readings().of_character("大"), readings().of_character("A")
        (('xing', 'hang'), ('da',), ())
        """
        return self._common.get(character, ())

    def alike(self, character: str) -> dict[str, bool]:
        """The characters that sound the same (True) or nearly so (False), but not itself."""
        found: dict[str, bool] = {}
        for syllable in self.of_character(character):
            for other in self._by_near_sound[near_sound(syllable)]:
                found[other] = found.get(other, False) or syllable in self.of_character(other)
        found.pop(character, None)
        return found

    def is_pinyin(self, letters: str) -> bool:
        """Whether these are whole syllables, one after the other.

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
        """The characters that words are made of, those of most words first."""
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
    """The one there is: loaded when it is first asked for."""
    return Readings()


@lru_cache(maxsize=2000)
def near_sound(syllable: str) -> str:
    """The same for syllables that are easily taken for each other.

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
