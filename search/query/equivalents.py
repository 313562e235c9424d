"""Unambiguous equivalents of a word, in the notations that articles use.

    138-1234-5678   13812345678     digits with and without separators
    2022-2023       2022至2023      a range
    第12条          第十二条        an ordinal with what it counts
    2022年          二零二二年      a year

Ambiguous notations are suggested instead (`search/assist/notations.py`). Differences in single characters
only (dashes, dots of names, ×, zeros) disappear in the index (`index/analysis/grams.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.analysis.grams import END, FEWEST_DIGITS, MOST_DIGITS
from search.query.nodes import UnitSequence
from search.query.numerals import COUNTERS, HAN_DIGITS, HAN_NUMERALS, from_han, to_han

# The ordinals that are converted.
_MOST_ORDINAL = 9999


def equivalents(word: Sequence[str]) -> tuple[UnitSequence, ...]:
    """Equivalents of a word, all as units.

    >>> equivalents(("第", "12·", "条"))
    (('第', '十', '二', '条'),)
    """
    return tuple(dict.fromkeys((*_numbers(word), *_ordinals(word), *_years(word))))


def _numbers(word: Sequence[str]) -> Iterator[UnitSequence]:
    """Adjacent numbers with their digits joined, and two numbers as a range."""
    numbers = [unit.removesuffix(END) for unit in word]
    if len(numbers) > 1 and all(number.isdecimal() and number.isascii() for number in numbers):
        joined = "".join(numbers)
        if FEWEST_DIGITS <= len(joined) <= MOST_DIGITS:
            yield (joined + END,)
        if len(word) == 2 and len(numbers[0]) == len(numbers[1]):  # 2^32 is no range
            yield from ((word[0], sign, word[1]) for sign in "至到")
    for middle in range(1, len(word) - 1):
        if word[middle] in "至到" and numbers[middle - 1].isdecimal() and numbers[middle + 1].isdecimal():
            yield (*word[:middle], *word[middle + 1 :])


def _ordinals(word: Sequence[str]) -> Iterator[UnitSequence]:
    if len(word) < 3 or word[0] != "第":
        return
    number = word[1].removesuffix(END)
    if number.isascii() and number.isdecimal() and word[2] in COUNTERS and 0 < int(number) <= _MOST_ORDINAL:
        yield ("第", *to_han(int(number)), *word[2:])
        return
    end = 1
    while end < len(word) and word[end] in HAN_NUMERALS:
        end += 1
    value = from_han("".join(word[1:end]))
    if value is not None and end < len(word) and word[end] in COUNTERS:
        yield ("第", f"{value}{END}", *word[end:])


def _years(word: Sequence[str]) -> Iterator[UnitSequence]:
    if len(word) > 1 and word[1] == "年" and len(word[0]) == 5 and word[0][:4].isdecimal():
        yield (*(HAN_DIGITS[int(digit)] for digit in word[0][:4]), *word[1:])
    if len(word) > 4 and word[4] == "年" and all(unit in HAN_DIGITS for unit in word[:4]):
        yield ("".join(str(HAN_DIGITS.index(unit)) for unit in word[:4]) + END, *word[4:])
