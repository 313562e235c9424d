"""Words, which decide the ranking together with grams.

Segmentation is jieba's accurate mode without HMM: the most probable path through the words of a
dictionary, without guesses. So rjieba (Rust) and jieba (Python), which share dictionary and algorithm,
give the same words, and an index that one of them built may be queried with the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from index.analysis.dictionary import FOLDED_WORDS
from index.analysis.fold import fold_key
from index.errors import SettingsError

SEGMENTERS = ("rjieba", "jieba")
# jieba's own default for a word of unknown frequency would need a segmentation to find out.
DEFAULT_FREQUENCY = 1000
# Longest text that is cut at once, in characters.
LONGEST = 500_000
_COMMENT = re.compile(r"(?:^|\s)#(?:\s.*)?$")
# Far above any frequency in jieba's dictionary, and low enough to be added up.
MAX_FREQUENCY = 10**9


@dataclass(frozen=True, slots=True)
class DictionaryWord:
    """A word of a user dictionary. `frequency` is on the scale of jieba's own dictionary."""

    word: str
    frequency: int
    tag: str


def parse_dictionary(text: str, source: str) -> tuple[DictionaryWord, ...]:
    """Parses a user dictionary in jieba's format: `word [frequency] [tag]`, one a line.

    A comment is a line of its own, or after a space: `# …`. Words are folded, as the texts are.

    Raises SettingsError naming `source` and the line.
    """
    words: list[DictionaryWord] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        parts = _COMMENT.sub("", line).split()
        if not parts:
            continue
        word, *rest = parts
        frequency, tag = DEFAULT_FREQUENCY, ""
        if rest and rest[0].isdecimal():
            frequency, rest = int(rest[0]), rest[1:]
        if rest:
            tag, rest = rest[0], rest[1:]
        if rest:
            raise SettingsError(
                "{source}, line {number}: expected a word, a frequency and a tag, found "
                "{line_text!r}. A word can't contain spaces.",
                source=source,
                number=number,
                line_text=line.strip(),
            )
        if frequency > MAX_FREQUENCY:
            raise SettingsError(
                "{source}, line {number}: a frequency goes up to {limit:,}.",
                source=source,
                number=number,
                limit=MAX_FREQUENCY,
            )
        if folded := fold_key(word):
            words.append(DictionaryWord(folded, frequency, tag))
    return tuple(words)


class Segmenter:
    """Cuts text into words, with the words of a user dictionary added.

    `name` is `rjieba` (the default) or `jieba` (pure Python, the reference). The dictionary is
    loaded when the first text is cut. Longer texts than `longest` characters are cut in pieces.
    """

    def __init__(
        self, name: str = "rjieba", words: tuple[DictionaryWord, ...] = (), longest: int = LONGEST
    ) -> None:
        if name not in SEGMENTERS:
            raise SettingsError(
                "unknown segmenter {name!r}. Known: {known}.", name=name, known=", ".join(SEGMENTERS)
            )
        self.name = name
        self._words = words
        self._longest = longest

    @cached_property
    def cut(self) -> Callable[[str], list[str]]:
        """Function that cuts a text into adjacent parts whose concatenation is the text."""
        if self.name == "rjieba":
            return _load_rjieba(self._words)
        return _load_jieba(self._words)

    @property
    def frequencies(self) -> dict[str, int]:
        """The frequencies of all words, and 0 for what words start with."""
        return _with_words(self._words)

    def words(self, separated: str) -> list[str]:
        """Words of a separated text (see `index.analysis.grams.separate`), in order.

        >>> Segmenter().words("公安交管部门 | 放管服 改革")
        ['公安', '交管部门', '放', '管', '服', '改革']
        """
        return self.joined_words(separated).split()

    def joined_words(self, separated: str) -> str:
        """Words joined by spaces; by several where the text had one."""
        text = separated.replace("|", " ").replace(".", " ")
        if len(text) <= self._longest:
            return " ".join(self.cut(text))
        # No word goes over a space. The parts of a long text as a whole would take gigabytes.
        pieces = re.findall(rf".{{{self._longest},{2 * self._longest}}} |.+", text, re.DOTALL)
        return " ".join(" ".join(self.cut(piece)) for piece in pieces)


@cache
def _folded_words() -> tuple[DictionaryWord, ...]:
    return parse_dictionary(FOLDED_WORDS.replace(",", "\n"), "folded words")


@cache
def _load_default() -> Callable[[str], list[str]]:
    """Segmenter without a user dictionary: the one that rjieba makes on import, to save 0.1 s."""
    import rjieba

    for entry in _folded_words():
        rjieba.add_word(entry.word, entry.frequency, None)
    return lambda text: rjieba.cut(text, False)


@lru_cache(maxsize=2)  # a dictionary, and another that is compared with it
def _load_rjieba(words: tuple[DictionaryWord, ...]) -> Callable[[str], list[str]]:
    import rjieba

    if not words:
        return _load_default()
    segmenter = rjieba.Jieba()
    for entry in (*_folded_words(), *words):
        segmenter.add_word(entry.word, entry.frequency, entry.tag or None)
    return lambda text: segmenter.cut(text, False)


@cache
def jieba_frequencies() -> dict[str, int]:
    """jieba's own dictionary: the frequencies of words, and 0 for what words start with."""
    import jieba

    # Like `initialize`, but without its cache, a file with a fixed name in the temporary folder.
    tokenizer = jieba.Tokenizer()
    frequencies: dict[str, int] = tokenizer.gen_pfdict(tokenizer.get_dict_file())[0]
    return frequencies


def _with_words(words: tuple[DictionaryWord, ...]) -> dict[str, int]:
    """jieba's dictionary with other words added."""
    frequencies = dict(jieba_frequencies())
    for entry in (*_folded_words(), *words):
        frequencies[entry.word] = entry.frequency
        for end in range(1, len(entry.word)):
            frequencies.setdefault(entry.word[:end], 0)
    return frequencies


def _load_jieba(words: tuple[DictionaryWord, ...]) -> Callable[[str], list[str]]:
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ = _with_words(words)
    tokenizer.initialized = True
    # jieba also counts what a word that comes twice had at first, rjieba doesn't.
    tokenizer.total = sum(tokenizer.FREQ.values())

    def cut(text: str) -> list[str]:
        return list(tokenizer.cut(text, HMM=False))

    return cut
