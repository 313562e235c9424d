"""What was typed → the words that must occur, each as units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from index.analysis import Analyzer
from index.analysis.grams import END

# Characters that say little by themselves: between words they need not occur, and they don't join
# their neighbours to a name.
_FUNCTION_CHARACTERS = frozenset(
    "的了是在和与及或吗呢吧啊么之也都就而被把从到对为于以等着过很有个我你他她它们这那哪谁何几不没会能要让给向由因"
    "如若但又再还只最更已将曾并且则即所其此每各该某上下中里内外前后时年月日人多少大小"
)
# Units of a text without spaces up to which none of them is taken for one of those.
_SHORT = 4


def query_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """The words of a text without operators, each as its units.

    Cut where the dictionary cuts and where punctuation is, but never inside a unit. Symbols stay with
    what they follow (C#, 18.0%). Characters that the dictionary leaves single stay together: that is
    how names and new words look to it (李墨轩, 放管服).

    An article that contains the text contains every one of them, whatever the dictionary says. What
    says little (的, 是, 在) is left out, unless there is nothing else.

    >>> query_words(Analyzer(), "公安交管12123，C#")
    [['公', '安'], ['交', '管'], ['12123·'], ['c·', '#']]
    """
    groups: list[list[str]] = []
    for piece in analyzer.pieces(text):
        cut = _cut(analyzer, piece)
        # So few characters are a name or a word of their own, whatever they are (向宠, 下栏).
        is_short = sum(map(len, cut)) <= _SHORT
        groups += _joined(cut, _is_han if is_short else _is_telling)
    return [group for group in groups if len(group) > 1 or not _is_function(group[0])] or groups


def partial_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """What an article must have at least one of to match a text in part, each as units.

    The words of the text; and of characters that the dictionary leaves single, which may be a name that it
    doesn't know, each pair, and the character itself if it says something and its neighbours don't.
    """
    groups: list[list[str]] = []
    for piece in analyzer.pieces(text):
        cut = _cut(analyzer, piece)
        paired = set()
        for number, (left, right) in enumerate(pairwise(cut)):
            if _is_single(left) and _is_single(right):
                groups.append([*left, *right])
                if _is_telling(left[0]) and _is_telling(right[0]):
                    paired |= {number, number + 1}
        for number, group in enumerate(cut):
            if len(group) > 1 or (number not in paired and _is_telling(group[0])):
                groups.append(group)
    return groups


@dataclass(frozen=True, slots=True)
class CutWord:
    """A word as the dictionary cuts it; `apart` says that something stands before it that is no unit, or
    punctuation, and `is_function` that it need not occur between other words."""

    units: tuple[str, ...]
    apart: bool
    is_function: bool


def dictionary_words(analyzer: Analyzer, text: str) -> list[CutWord]:
    """All words that the dictionary cuts a text into."""
    return [
        CutWord(tuple(units), apart=not number, is_function=len(units) == 1 and _is_function(units[0]))
        for piece in analyzer.pieces(text)
        for number, units in enumerate(_cut(analyzer, piece))
    ]


def _cut(analyzer: Analyzer, piece: str) -> list[list[str]]:
    ends = analyzer.word_ends(piece)
    groups: list[list[str]] = []
    position = 0
    for unit in analyzer.units(piece):
        if not groups or (position in ends and unit[0].isalnum()):
            groups.append([])
        groups[-1].append(unit)
        position += len(unit.removesuffix(END))
    return groups


def _joined(groups: list[list[str]], joins: Callable[[str], bool]) -> list[list[str]]:
    """Runs of single characters that join their neighbours, made one."""
    joined: list[list[str]] = []
    previous = False
    for group in groups:
        single = _is_single(group) and joins(group[0])
        if single and previous:
            joined[-1] += group
        else:
            joined.append(list(group))
        previous = single
    return joined


def _is_single(group: list[str]) -> bool:
    return len(group) == 1 and _is_han(group[0])


def _is_han(unit: str) -> bool:
    return not unit.endswith(END)


def _is_function(unit: str) -> bool:
    return unit in _FUNCTION_CHARACTERS


def _is_telling(unit: str) -> bool:
    return not _is_function(unit)
