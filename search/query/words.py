"""A text without operators → the words that must occur, each as units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from index.analysis import Analyzer
from index.analysis.grams import ALPHANUMERIC, BOUNDARY, DIGIT, END, JOINED, LETTER, written
from search.query.numerals import COUNTERS, HAN_DIGITS, HAN_NUMERALS

# Stop characters: between words they need not occur, and they don't join their neighbours to a name.
_STOP_CHARACTERS = frozenset(
    "的了是在和与及或吗呢吧啊么之也都就而被把从到对为于以等着过很有个我你他她它们这那哪谁何几不没会能要让给向由因"
    "如若但又再还只最更已将曾并且则即所其此每各该某上下中里内外前后时年月日人多少大小"
)
# Units of a text without spaces up to which none counts as a stop character.
_SHORT = 4
# Signs that are a part of the word that they stand at: C++, C#, 18.0%, $100, @名, #话题#, .NET.
_SIGNS = frozenset("+#%‰@&.°$¢£¥€₩₽₹")
_LEADING = frozenset("@.$¢£¥€₩₽₹")
# Letters and digits with what joins them to one word: TD-LTE, 2022-01-04, node.js, v2.0.1, a.b@example.org,
# TCP/IP, 1,000, 12:30, C++, 36.5℃. (As units, most of the signs between are nothing.)
_RUN = rf"{ALPHANUMERIC}+[+#%‰°]*"
_COMPOUND = (
    rf"(?:[@#&$£¥€]|(?<!\.)\.(?={LETTER}))*{_RUN}"
    rf"(?:(?:[-‐–−—―─~_./@&'’]|(?<={DIGIT})(?:,| ?[×✕✖*] ?|[·•^])(?={DIGIT})|:(?={DIGIT}))?{_RUN})*"
)
# A number with what it counts, and a year: 第十二条, 第12届, 二零二二年.
_ORDINAL = rf"第(?:{DIGIT}+|[{HAN_NUMERALS}]+)[{COUNTERS}]|[{HAN_DIGITS}]{{4}}年"
_ATOM = re.compile(rf"{_ORDINAL}|{_COMPOUND}|.[{JOINED}]*", re.DOTALL)
# A number keeps a single character behind it unless that is a stop character, apart from these; and words of
# measure.
_COUNTED = frozenset("年月日时人个里多")
_MEASURES = tuple(
    "亿 万 千 百 年代 年度 月份 号 个 岁 公里 公斤 公顷 厘米 毫米 毫升 平方 立方 小时 分钟 秒钟 人次".split()
)


def query_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """The words of a text without operators, each as its units.

    Cut where the dictionary cuts and where punctuation is, but never inside letters, digits and the signs
    that join them (C#, 18.0%, TD-LTE, node.js). A number holds on to what it counts (3.7亿, 2022年1月4日), a
    letter to a character beside it (A股, 维C). Characters that the dictionary leaves single stay together:
    that is how names and new words look to it (李墨轩, 放管服).

    An article that contains the text contains every one of them, whatever the dictionary says. Stopwords
    (的, 是, 在, →) are left out, unless there is nothing else.

    >>> query_words(Analyzer(), "公安交管12123，C#和TD-LTE")
    [['公', '安'], ['交', '管'], ['12123·'], ['c·', '#'], ['td·', 'lte·']]
    """
    groups = [group for stretch in _stretches(analyzer, text) for group in _joined(_cut(analyzer, stretch))]
    return [group for group in groups if not _is_stopword(group)] or groups


def partial_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """Words, each as units, of which an article must have one to match a text in part.

    The words of the text without stopwords. Characters that the dictionary leaves single may be a name that
    it doesn't know: of these each pair, and those alone that are in no pair without a stop character.
    """
    groups: list[list[str]] = []
    for piece in analyzer.pieces(text):
        cut = _cut_piece(analyzer, piece)
        paired = set()
        for number, (left, right) in enumerate(pairwise(cut)):
            if _is_single(left) and _is_single(right):
                groups.append([*left, *right])
                if not _is_stop_character(left[0]) and not _is_stop_character(right[0]):
                    paired |= {number, number + 1}
        for number, group in enumerate(cut):
            if number not in paired and not _is_stopword(group):
                groups.append(group)
    return groups


def is_compound(word: Sequence[str]) -> bool:
    """True for a word of several runs of letters and digits, which may be searched for apart: TD-LTE."""
    runs = [unit for unit in word if unit.endswith(END)]
    return len(runs) > 1 and any(unit[0].isalpha() for unit in runs)


def text_of(units: Sequence[str], glue: str = " ") -> str:
    """Units as a person would write them, with `glue` between runs of letters, and between numbers."""
    text = ""
    for unit, following in zip_longest(units, units[1:], fillvalue=""):
        if unit == BOUNDARY:
            # A point between digits would make one number of them: 12:30 is not 12.30.
            text += ":" if text[-1:].isdecimal() and following[:1].isdecimal() else "."
            continue
        alike = str.isdecimal if unit[0].isdecimal() else str.isalpha
        if unit.endswith(END) and text[-1:].isascii() and alike(text[-1:]):
            text += glue
        text += unit.removesuffix(END)
    return text


@dataclass(frozen=True, slots=True)
class CutWord:
    """A word as the dictionary cuts it. `apart` is set behind punctuation and all that is no unit, and
    `is_stopword` if it need not occur between other words."""

    units: tuple[str, ...]
    apart: bool
    is_stopword: bool


def dictionary_words(analyzer: Analyzer, text: str) -> list[CutWord]:
    """All words that the dictionary cuts a text into."""
    return [
        CutWord(tuple(units), apart=not number, is_stopword=len(units) == 1 and _is_stop_character(units[0]))
        for piece in analyzer.pieces(text)
        for number, units in enumerate(_cut_piece(analyzer, piece))
    ]


def _stretches(analyzer: Analyzer, text: str) -> Iterator[list[list[str]]]:
    """The parts of a text between punctuation and transparent characters: of each, its atoms as units. An
    atom is a character or a compound."""
    stretch: list[list[str]] = []
    for found in _ATOM.finditer(written(text)):
        if units := analyzer.units(found[0]):
            stretch.append(units)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _cut(analyzer: Analyzer, atoms: Sequence[list[str]]) -> list[list[str]]:
    """Adjacent units, those of each word of the dictionary together; signs stay with what they stand at."""
    written_out = ["".join(unit.removesuffix(END) for unit in atom if unit != BOUNDARY) for atom in atoms]
    ends = analyzer.word_ends("".join(written_out))
    groups: list[list[str]] = []
    position = 0
    for atom, text in zip(atoms, written_out, strict=True):
        before = groups[-1][-1] if groups else ""
        if not before or _is_symbol(atom[0]) or _is_symbol(before):
            starts = True
        elif atom[0] in _SIGNS:
            starts = atom[0] in _LEADING
        else:
            starts = position in ends and not _SIGNS.issuperset(groups[-1])
        if starts:
            groups.append([])
        groups[-1] += atom
        position += len(text)
    return groups


def _cut_piece(analyzer: Analyzer, piece: str) -> list[list[str]]:
    return _cut(analyzer, [[unit] for unit in analyzer.units(piece)])


def _joined(piece: list[list[str]]) -> Iterator[list[str]]:
    """The words of a stretch, those that belong together made one."""
    # So few characters are a name or a word of their own, whatever they are (向宠, 下栏).
    is_short = sum(map(len, piece)) <= _SHORT
    joined: list[str] = []
    last: list[str] = []
    for group in piece:
        if joined and not (_are_single(last, group, is_short) or _holds(joined, group)):
            yield joined
            joined = []
        joined = joined + group
        last = group
    if joined:
        yield joined


def _are_single(left: list[str], right: list[str], is_short: bool) -> bool:
    """True for two characters that the dictionary leaves single, or one and a letter."""
    if not (_is_single(left) and _is_single(right)):
        return (_is_single(left) and not _is_stop_character(left[0]) and _is_one_letter(right)) or (
            _is_one_letter(left) and _is_single(right) and not _is_stop_character(right[0])
        )
    return is_short or (not _is_stop_character(left[0]) and not _is_stop_character(right[0]))


def _holds(left: list[str], right: list[str]) -> bool:
    """True for a number and its unit or counter: 3.7亿, 第5, 2022年1月."""
    if left[-1][0].isdecimal():
        if len(right) == 1:
            return _is_single(right) and (not _is_stop_character(right[0]) or right[0] in _COUNTED)
        return "".join(right).startswith(_MEASURES)
    if right[0][0].isdecimal():
        return left[-1] == "第" or (len(left) > 1 and left[-2][0].isdecimal() and not left[-1].endswith(END))
    return False


def _is_single(group: list[str]) -> bool:
    *signs, last = group
    return _SIGNS.issuperset(signs) and last[0].isalnum() and not last.endswith(END)


def _is_one_letter(group: list[str]) -> bool:
    return len(group) == 1 and len(group[0]) == 2 and group[0][0].isalpha()


def _is_symbol(unit: str) -> bool:
    return not unit[0].isalnum() and unit not in _SIGNS


def _is_stop_character(unit: str) -> bool:
    return unit in _STOP_CHARACTERS


def _is_stopword(group: list[str]) -> bool:
    return len(group) == 1 and (
        _is_stop_character(group[0]) or (_is_symbol(group[0]) and group[0] < "\U0001f000")
    )
