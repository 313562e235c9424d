"""A text without operators → the words that must occur, each as units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from index.analysis import Analyzer
from index.analysis.grams import ALPHANUMERIC, BOUNDARY, DIGIT, END, JOINED, LETTER, written
from search.query.numerals import COUNTERS, HAN_DIGITS, HAN_NUMERALS

# Particles: they need not occur, and nothing is joined over them.
_PARTICLES = frozenset("的了吗呢吧啊着之嘛么啦呀")
# Function characters: they need not occur in a sentence, and elsewhere are joined as any other character.
_FUNCTION_CHARACTERS = frozenset(
    "是在和与及或也就而被把从到对为以于都等很会能要让给向由因如若但又再还已将曾并且"
    "则即我你他她它这那谁哪何所其此该某"
)
_INTERROGATIVES = frozenset("谁哪何")
# Function characters that need not occur between two words: in 中国和日本, not in 日本和牛.
_CONJUNCTIONS = frozenset("和与及或")
# Words from which on a text is a sentence.
_SENTENCE = 3
# Characters that belong to the word before them (改革后), and those that begin a word (小程序).
_SUFFIXES = frozenset("后上下中内外里间时人者们性化率式型版费类族界")
_PREFIXES = frozenset("大小多少不没无非未全半超老新旧前高低总副男女双单")
# Units of a text of single characters up to which it is one word, whatever they are (向宠, 下栏).
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
_ATOM = re.compile(rf"{_ORDINAL}|{_COMPOUND}|[×✕✖⨯╳]+|.[{JOINED}]*", re.DOTALL)
# Words of measure, which a number holds on to.
_MEASURES = tuple(
    "亿 万 千 百 年代 年度 月份 号 个 岁 公里 公斤 公顷 厘米 毫米 毫升 平方 立方 小时 分钟 秒钟 人次".split()
)


def query_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """The words of a text without operators, each as its units.

    Cut where the dictionary cuts and where punctuation is, but never inside letters, digits and the signs
    that join them (C#, 18.0%, TD-LTE, node.js). A number holds on to what it counts (3.7亿, 2022年1月4日), a
    letter to a character beside it (A股, 维C). Characters that the dictionary leaves single stay together:
    that is how names and new words look to it (李墨轩, 放管服). One by itself is joined to the word that it
    stands at: to the one before it if it is a suffix (改革后), else to the one behind it (小程序, 不收费).

    An article that contains the text contains every one of them, whatever the dictionary says. Left out,
    unless there is nothing else, are particles (的, 了, 吗), symbols (→), 和, 与, 及, 或 between two
    words, and in a sentence function characters (是, 在, 能, 被). A sentence has three words or
    more, or two and a particle or 谁, 哪, 何.

    >>> query_words(Analyzer(), "公安交管12123，C#和TD-LTE")
    [['公', '安'], ['交', '管'], ['12123·'], ['c·', '#'], ['td·', 'lte·']]
    >>> query_words(Analyzer(), "小程序能收费吗")
    [['小', '程', '序'], ['收', '费']]
    """
    groups: list[list[str]] = []
    absent: list[list[str]] = []
    for stretch in _stretches(analyzer, text):
        cut = _cut(analyzer, stretch)
        droppable = _droppable(cut)
        for group in _joined(cut, droppable):
            groups.append(group)
            if _is_absent(group, droppable):
                absent.append(group)
    return [group for group in groups if not any(group is each for each in absent)] or groups


def partial_words(analyzer: Analyzer, text: str) -> list[list[str]]:
    """Words, each as units, of which a partial match must have one.

    These are the dictionary's words without single characters. Adjacent characters that it leaves single
    may be an unknown name: of those, each pair. Where there are neither, the words of the text.
    """
    groups: list[list[str]] = []
    for piece in analyzer.pieces(text):
        cut = _cut_piece(analyzer, piece)
        groups += ([*left, *right] for left, right in pairwise(cut) if _is_single(left) and _is_single(right))
        groups += (group for group in cut if len(group) > 1 or group[0].endswith(END))
    return groups or query_words(analyzer, text)


def is_function_character(unit: str) -> bool:
    """True for a character that is a particle or may be a function word."""
    return unit in _PARTICLES or unit in _FUNCTION_CHARACTERS


def is_compound(word: Sequence[str]) -> bool:
    """True for a word of several runs of letters and digits (TD-LTE), which may be searched for
    separately."""
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
    """A word as the dictionary cuts it. `apart` is set behind punctuation and everything that is no unit,
    `is_stopword` if it need not occur between other words."""

    units: tuple[str, ...]
    apart: bool
    is_stopword: bool


def dictionary_words(analyzer: Analyzer, text: str) -> list[CutWord]:
    """All words of a text as the dictionary cuts them."""
    return [
        CutWord(
            tuple(units), apart=not number, is_stopword=len(units) == 1 and is_function_character(units[0])
        )
        for piece in analyzer.pieces(text)
        for number, units in enumerate(_cut_piece(analyzer, piece))
    ]


def _stretches(analyzer: Analyzer, text: str) -> Iterator[list[list[str]]]:
    """Parts of a text between punctuation and transparent characters, each as atoms. An atom is a
    character or a compound, as units."""
    stretch: list[list[str]] = []
    for found in _ATOM.finditer(written(text)):
        atom = found[0]
        is_unit = len(atom) == 1 and "\u4e00" <= atom <= "\u9fff"  # as nearly all are
        if units := [atom] if is_unit else analyzer.units(atom):
            stretch.append(units)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _cut(analyzer: Analyzer, atoms: Sequence[list[str]]) -> list[list[str]]:
    """Adjacent units, grouped by words of the dictionary; a symbol stays with its neighbour."""
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


def _droppable(cut: Sequence[list[str]]) -> frozenset[str]:
    """Characters of a stretch that need not occur."""
    single = {group[0] for group in cut if len(group) == 1}
    words = [group for group in cut if not _is_absent(group, _PARTICLES | _FUNCTION_CHARACTERS)]
    is_question = not single.isdisjoint(_PARTICLES | _INTERROGATIVES)
    if len(words) >= _SENTENCE - is_question:
        return _PARTICLES | _FUNCTION_CHARACTERS
    joins_words = all(
        0 < number < len(cut) - 1 and not (_is_single(cut[number - 1]) or _is_single(cut[number + 1]))
        for number, group in enumerate(cut)
        if _is_absent(group, _CONJUNCTIONS)
    )
    return _PARTICLES | _CONJUNCTIONS if joins_words else _PARTICLES


def _joined(cut: Sequence[list[str]], droppable: frozenset[str]) -> list[list[str]]:
    """Words of a stretch, merged where they belong together."""
    is_short = sum(map(len, cut)) <= _SHORT
    groups: list[list[str]] = []
    for number, group in enumerate(cut):
        last = cut[number - 1] if number else []
        following = cut[number + 1] if number + 1 < len(cut) else []
        if last and (
            _holds(groups[-1], group, droppable)
            or (is_short and _is_single(last) and _is_single(group))
            or (
                _are_single(last, group, droppable)
                and not (group[0] in _PREFIXES and _is_word(following))
                and not (last[0] in _SUFFIXES and number > 1 and _is_word(cut[number - 2]))
            )
        ):
            groups[-1] = groups[-1] + group
        else:
            groups.append(group)
    return _without_single(groups, droppable)


def _without_single(groups: Sequence[list[str]], droppable: frozenset[str]) -> list[list[str]]:
    """Joins single characters to the word behind them; suffixes and the last ones, to the word before."""

    def joins(group: list[str]) -> bool:
        return not _is_absent(group, droppable) and not _is_symbol(group[0])

    joined: list[list[str]] = []
    waiting: list[str] = []  # for the word behind
    for number, group in enumerate(groups):
        following = groups[number + 1] if number + 1 < len(groups) else []
        if _is_single(group) and len(group) == 1 and joins(group):
            is_before = bool(following) and joins(following)
            is_behind = number > 0 and joins(groups[number - 1]) and not waiting
            if is_before and not (is_behind and group[0] in _SUFFIXES):
                waiting = waiting + group
                continue
            if is_behind:
                joined[-1] = joined[-1] + group
                continue
        joined.append(waiting + group)
        waiting = []
    return joined


def _are_single(left: list[str], right: list[str], droppable: frozenset[str]) -> bool:
    """True for two characters that the dictionary leaves single, or one and a letter."""
    return (
        (_is_single(left) or _is_one_letter(left))
        and (_is_single(right) or _is_one_letter(right))
        and not (_is_one_letter(left) and _is_one_letter(right))
        and left[0] not in droppable
        and right[0] not in droppable
    )


def _is_word(group: Sequence[str]) -> bool:
    """True for a word of several characters."""
    return len(group) > 1 and not any(unit.endswith(END) for unit in group)


def _holds(left: list[str], right: list[str], droppable: frozenset[str]) -> bool:
    """True for a number with its unit or counter: 3.7亿, 第5, 2022年1月."""
    if left[-1][0].isdecimal():
        if len(right) == 1:
            return _is_single(right) and right[0] not in droppable
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


def _is_absent(group: list[str], droppable: frozenset[str]) -> bool:
    """True for a word that need not occur beside others."""
    return len(group) == 1 and (group[0] in droppable or (_is_symbol(group[0]) and group[0] < "\U0001f000"))
