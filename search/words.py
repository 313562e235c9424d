"""What was typed → the words that must occur, each as units."""

from __future__ import annotations

from index.analysis import Analyzer
from index.analysis.grams import END

# Characters that say little by themselves: between words they need not occur, and they don't join
# their neighbours to a name.
_FUNCTION_CHARACTERS = frozenset(
    "的了是在和与及或吗呢吧啊么之也都就而被把从到对为于以等着过很有个我你他她它们这那哪谁何几不没会能要让给向由因"
    "如若但又再还只最更已将曾并且则即所其此每各该某上下中里内外前后时年月日人多少大小"
)


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
        groups += _joined_singles(_cut(analyzer, piece))
    return [group for group in groups if not _is_function(group)] or groups


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


def _is_function(group: list[str]) -> bool:
    return len(group) == 1 and group[0] in _FUNCTION_CHARACTERS


def _joined_singles(groups: list[list[str]]) -> list[list[str]]:
    joined: list[list[str]] = []
    previous_single = False
    for group in groups:
        single = len(group) == 1 and not group[0].endswith(END) and not _is_function(group)
        if single and previous_single:
            joined[-1] += group
        else:
            joined.append(list(group))
        previous_single = single
    return joined
