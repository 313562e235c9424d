"""New words: collocations of a corpus that the dictionary cuts up, and that are used as words.

texts
→ words as the dictionary cuts them
→ sequences of words with high cohesion and free context
→ without function words, numerals, and parts or compounds of other finds
→ the best first
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from index.analysis.grams import separate
from index.analysis.unit_text import UnitPattern, UnitText
from index.analysis.words import MAX_FREQUENCY, DictionaryWord, Segmenter
from index.engines.base import Sort
from index.store.reader import OpenIndex
from search.dictionary.ngrams import EDGE, Collocation, Ngrams
from search.planning.matching import match_units
from search.query.grammar import DEFAULT_FIELD

# Characters of a new word.
LONGEST = 6
# Characters of text that are read: bounds memory (0.8 GB) and time.
MOST_TEXT = 60_000_000
# Bits. By chance, words stick together with 0.
_MIN_COHESION = 3.0
_MIN_ENTROPY = 1.5
# Occurrences wanted, unless a number is given: this one, or one in so many words.
_MIN_COUNT = 5
_WORDS_A_COUNT = 1_000_000
# What is made of known words is mostly a phrase, and comes this much later, in bits.
_COMPOUND = 4.0
# A part of another find is dropped where that has this share of its occurrences.
_SHARE = 0.9
# Characters of an example on each side.
_AROUND = 10

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_NUMERAL = re.compile("第?[一二三四五六七八九十百千万亿零〇两几]+.?")
# First letters of jieba's tags. Nowhere in a word: particles, pronouns, conjunctions, …; not at its ends:
# numerals, measures, directions; nor, if they are of one character, prepositions and adverbs.
_NOWHERE = frozenset("urcyeo")
_NOT_AT_ENDS = frozenset("mqf")
_NOT_SINGLE_AT_ENDS = frozenset("pd")
# Verbs and auxiliaries that nothing starts or ends with.
_FUNCTION_VERBS = frozenset("是有请让使无为被把没也都很")


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word proposed for the dictionary. `parts` is how it is cut now, `frequency` the one it needs to be
    a single word; for the rest see `search.dictionary.ngrams.Collocation`."""

    word: str
    parts: tuple[str, ...]
    count: int
    cohesion: float
    left_entropy: float
    right_entropy: float
    frequency: int


def discover(
    texts: Iterable[str], dictionary: Sequence[DictionaryWord], limit: int, min_count: int | None = None
) -> list[NewWord]:
    """New words of a corpus (of its first `MOST_TEXT` characters), the best first: in neither jieba's
    dictionary nor the user's."""
    known = _jieba_words() | {entry.word: entry for entry in dictionary}
    # rjieba, whichever the index was made with: they give the same words.
    corpus, words = _read(texts, Segmenter("rjieba", tuple(dictionary)))
    lengths = array(
        "b", (len(word) if len(word) <= LONGEST and _HAN.fullmatch(word) else 0 for word in words)
    )
    wanted = max(_MIN_COUNT, len(corpus) // _WORDS_A_COUNT) if min_count is None else min_count
    collocations = Ngrams(corpus, lengths, LONGEST, wanted).collocations(_MIN_COHESION, _MIN_ENTROPY)
    found = {
        tuple(words[number] for number in collocation.words): collocation
        for collocation in collocations
        if _may_be_word([words[number] for number in collocation.words], known)
    }
    ranked = sorted(_judged(found), key=lambda pair: (-pair[0], pair[1]))
    return [
        NewWord(
            "".join(parts),
            parts,
            found[parts].count,
            found[parts].cohesion,
            found[parts].left,
            found[parts].right,
            max(found[parts].count, _needed_frequency(parts, known)),
        )
        for _, parts in ranked[:limit]
    ]


def _read(texts: Iterable[str], segmenter: Segmenter) -> tuple[array[int], list[str]]:
    """The words of the corpus as numbers, and the word of each number. Of equal paragraphs only the first
    counts, since copies are no further use of a word."""
    numbers = {"|": EDGE, " ": EDGE, ".": EDGE}
    words = ["|"]
    corpus = array("i", [EDGE])
    seen: set[int] = set()
    left = MOST_TEXT
    for text in texts:
        lines = {hash(line): line for line in text.split("\n")}
        separated = separate("\n".join(line for key, line in lines.items() if key not in seen))
        seen.update(lines)
        for word in segmenter.cut(separated):
            number = numbers.get(word)
            if number is None:
                number = numbers[word] = len(words)
                words.append(word)
            corpus.append(number)
        corpus.append(EDGE)
        left -= len(separated)
        if left <= 0:
            break
    return corpus, words


def _may_be_word(parts: Sequence[str], known: Mapping[str, DictionaryWord]) -> bool:
    tags = [known[part].tag[:1] if part in known else "" for part in parts]
    if any(tag in _NOWHERE for tag in tags) or any(map(_NUMERAL.fullmatch, parts)):
        return False
    return not any(
        part in _FUNCTION_VERBS or tag in _NOT_AT_ENDS or (len(part) == 1 and tag in _NOT_SINGLE_AT_ENDS)
        for part, tag in ((parts[0], tags[0]), (parts[-1], tags[-1]))
    )


def _judged(found: dict[tuple[str, ...], Collocation]) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Proposals with their scores: cohesion and the lesser entropy."""
    parts_of_others = {
        part
        for parts, collocation in found.items()
        for part in _stretches(parts)
        if part in found and collocation.count >= _SHARE * found[part].count
    }
    for parts, collocation in found.items():
        if parts not in parts_of_others:
            inner = [part for part in _stretches(parts) if part in found and part not in parts_of_others]
            penalty = _COMPOUND if _is_compound(parts, inner) else 0.0
            yield collocation.cohesion + min(collocation.left, collocation.right) - penalty, parts


def _stretches(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The sequences of two or more words inside another, the longest first."""
    for size in range(len(parts) - 1, 1, -1):
        for start in range(len(parts) - size + 1):
            yield parts[start : start + size]


def _is_compound(parts: tuple[str, ...], inner: Sequence[tuple[str, ...]]) -> bool:
    """True if it consists of words: known ones, or new ones that were found by themselves."""
    rest = "\0".join(parts)
    for other in inner:
        rest = rest.replace("\0".join(other), "".join(other))
    return all(len(word) > 1 for word in rest.split("\0"))


def _needed_frequency(parts: Sequence[str], known: Mapping[str, DictionaryWord]) -> int:
    """The least frequency with which jieba finds a word more probable than its parts
    (`jieba.suggest_freq`)."""
    total = _jieba_total()
    frequencies = (known[part].frequency if part in known else 0 for part in parts)
    probability = math.prod(max(1, frequency) / total for frequency in frequencies)
    return min(MAX_FREQUENCY, int(probability * total) + 1)


@cache
def _jieba_words() -> dict[str, DictionaryWord]:
    """jieba's own dictionary, which rjieba has, too."""
    import jieba

    with jieba.Tokenizer().get_dict_file() as file:
        entries = (line.decode("utf-8").split() for line in file)
        return {word: DictionaryWord(word, int(frequency), tag) for word, frequency, tag in entries}


@cache
def _jieba_total() -> int:
    return sum(entry.frequency for entry in _jieba_words().values())


def example(index: OpenIndex, word: str) -> str:
    """A passage with a word, from the newest article that has it within a paragraph; else empty."""
    wanted = index.analyzer.units(word)
    hits = index.engine.search(match_units(DEFAULT_FIELD, wanted), sort=Sort.NEWEST, offset=0, limit=1).hits
    for article in index.articles.articles([hit.id for hit in hits]).values():
        for text in (article.title, *article.text.split("\n")):
            for start, end in UnitText(text).find(UnitPattern(wanted)):
                before, after = max(0, start - _AROUND), end + _AROUND
                return text[before:after].strip()
    return ""
