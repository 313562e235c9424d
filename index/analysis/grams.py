"""Units and grams, which decide whether an article matches.

A folded text is a sequence of *units*: one character of a script that is written without spaces (Han,
kana, hangul, …) with the marks that belong to it, a run of letters, a number (`3.4` is one, and `1,000` is
1000), a symbol (`+`, `%`, an emoji, the point of `.NET` and `node.js`), or one *boundary* for any run of
sentence punctuation and paragraph breaks. Quotation marks, brackets, hyphens, `_`, `·` and spaces are
transparent: “放管服”, `_放管服_` and 放管服 are the same units.

Signs that mean the same in their context are the same: a single dash between words is a hyphen (2022—2023),
a full stop before a Han character that follows a letter is the dot of a name (马克.吐温), ○ and 0 beside
Han numerals are 零, and × is the unit `x`, as is `*` between digits. A number in groups (138-1234-5678) is
also indexed as a single unit without a position (`numbers.py`).

Each unit starts exactly one *gram*: itself and the unit after it, at its ordinal position. So any
sequence of two or more units is found as a phrase of grams at explicit offsets, whatever a dictionary
thinks of it. (One unit would be a prefix of grams: 30 ms for 的 in 31,764 posts; so each unit of a text is
indexed once by itself, too, without positions: 0.3 KB a post.)

Letters and numbers end with `·`, so that `ab` + `c` and `a` + `bc` differ as grams. `·` itself is
transparent and can't be part of a unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from operator import add

from index.analysis.fold import CharacterTable, fold

BOUNDARY = "|"
END = "·"

# Scripts that are written without spaces between words, and everything beyond the basic plane: each
# character is a unit.
UNSPACED = (
    "\u1100-\u115e\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\U00010000-\U0010ffff"
)
# What folding leaves behind the first character of a unit: the voicing of kana, vowels and finals of hangul.
JOINED = "\u3099\u309a\u1161-\u11ff"
JOINED_MARKS = frozenset(map(chr, (0x3099, 0x309A, *range(0x1161, 0x1200))))
_is_unspaced = re.compile(f"[{UNSPACED}{JOINED}]").match
LETTER = rf"[^\W\d_{UNSPACED}{JOINED}]"
# Digits of scripts beyond the basic plane are units each. (A class of them all takes 2 ms to compile.)
DIGIT = r"(?:(?![\U00010000-\U0010ffff])\d)"
# Either; one class, for the same reason.
ALPHANUMERIC = rf"[^\W_{UNSPACED}{JOINED}]"
# Stretches of units that are one character each; one with what belongs to it; letter runs; numbers;
# symbols and boundaries.
_STRETCH = re.compile(
    rf"[{UNSPACED} |]+(?![{JOINED}])|[{UNSPACED}{JOINED}][{JOINED}]*"
    rf"|×+|{LETTER}+|{DIGIT}+(?:\.{DIGIT}+)*|[^\w\s]"
)
# A full stop that is neither inside a number nor the first sign of a word.
STOP = rf"\.(?:(?!{ALPHANUMERIC})|(?<!{DIGIT}\.)(?={DIGIT})|(?<=\.\.)(?={LETTER}))"
POINT = rf"(?<!\.)\.(?={LETTER})"
_BOUNDARIES = re.compile(r"\|[|\s]*")
# Numbers with commas between their thousands: 1,000 and 12,345.6, but not 255,0,255.
_THOUSANDS = re.compile(r"(?<![0-9])(?<![0-9][.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?!,?[0-9])")
_MAYBE_THOUSANDS = re.compile(",[0-9]{3}")
_NUMERIC = frozenset("0123456789.,")
_NUMERIC_RUN = re.compile("[0-9.,]*")

# Punctuation that is neither a quotation mark, a bracket nor a dash by its Unicode category.
_TRANSPARENT = frozenset("\"'`´·•‧∙・⋅/\\|~∼^<>＂′″⁄")
# Dashes, which between words are hyphens; zeros, which beside Han numerals are 零; forms of ×.
_DASHES = frozenset("—―─━⸺⸻")
_ZEROS = frozenset("○◯")
_TIMES = frozenset("×✕✖⨯╳")
_SYMBOLS = frozenset("%&@#‰§¶")


def _class_of(character: str) -> str:
    """Replacement of a folded character: a space, `|` for a boundary, or itself."""
    category = unicodedata.category(character)
    if character.isalnum() or category[0] in "LMN" or character in ".*":
        return character  # a full stop is in a number or a boundary: decided in context
    for signs, one in ((_DASHES, "—"), (_ZEROS, "○"), (_TIMES, "×")):
        if character in signs:
            return one
    if character in _TRANSPARENT or category in ("Zs", "Ps", "Pe", "Pi", "Pf", "Pc") or character == "\t":
        return " "
    if category == "Pd" or character == "−":
        return "-"
    if character in _SYMBOLS or (category[0] in "SC" and character != "\n"):
        return character
    return BOUNDARY


def _written_form(character: str) -> str:
    folded = fold(character)
    if folded == ",":
        return character if character == "," else "，"  # thousands have no full-width commas
    if not character.isdecimal() and any(map(str.isdecimal, folded)):
        return f" {folded} "  # 10² is not 102, nor ①② 12
    return folded


_WRITTEN = CharacterTable(_written_form)


def written(text: str) -> str:
    """Folded text with its punctuation; separate units stay separate.

    >>> written("Ａ股：①②")
    'a股: 1  2 '
    """
    return _resolve_zeros(text.translate(_WRITTEN).replace("◯", "○"))


def _separated_form(character: str) -> str:
    if character == ",":
        return character  # between thousands or a boundary: decided in context
    return "".join(map(_class_of, _written_form(character)))


SEPARATED = CharacterTable(_separated_form)


def _resolve_commas(separated: str) -> str:
    """Replaces each comma outside of a number like 1,000 by a boundary; keeps the length."""
    made: list[str] = []
    done = 0
    for found in _MAYBE_THOUSANDS.finditer(separated):  # rare and quick to find; then the context is checked
        start = found.start()
        if start < done:
            continue
        while start > done and separated[start - 1] in _NUMERIC:
            start -= 1
        end = _NUMERIC_RUN.match(separated, found.end()).end()  # type: ignore[union-attr]  # it may be empty
        numbers = _THOUSANDS.sub(lambda number: number[0].replace(",", "\0"), separated[start:end])
        made += (
            separated[done:start].replace(",", BOUNDARY),
            numbers.replace(",", BOUNDARY).replace("\0", ","),
        )
        done = end
    made.append(separated[done:].replace(",", BOUNDARY))
    return "".join(made)


_HAN_DIGITS = "零一二三四五六七八九十百千"
_HAN = "\u3400-\u9fff\uf900-\ufaff"
# By their sign, a zero beside a Han numeral, and runs of zeros, each of which is met once.
_ZEROS_BESIDE = {
    sign: (
        re.compile(rf"{sign}(?:(?=[{_HAN_DIGITS}])|(?<=[{_HAN_DIGITS}]{sign}))"),
        re.compile(f"{sign}(?<!{sign}{sign}){sign}*"),
    )
    for sign in "○0o"
}
_NAME_DOT = re.compile(rf"\.(?=[{_HAN}])(?<=[^\W\d_]\.)")
_STAR = re.compile(r"\*(?<=[0-9]\*)(?=[0-9])")
_is_alphanumeric = re.compile("[0-9a-z.,]").match
_DASH = re.compile("—(?<!——)—*")
_NO_WORD = frozenset(" |.,—-\n\uffff")


def _resolve_zeros(text: str) -> str:
    """Replaces ○, 0 and o beside Han numerals by 零."""
    for beside, run in _ZEROS_BESIDE.values():
        if beside.search(text):
            text = run.sub(_resolve_zero, text)
    return text


def _resolve_zero(found: re.Match[str]) -> str:
    zeros, (start, end) = found[0], found.span()
    before, after = found.string[start - 1 : start] or " ", found.string[end : end + 1] or " "
    is_beside = before in _HAN_DIGITS or after in _HAN_DIGITS
    if zeros[0] == "0":
        is_beside = is_beside and not (_is_alphanumeric(before) or _is_alphanumeric(after))
    elif zeros[0] == "o":
        is_beside = before in _HAN_DIGITS and after in f"{_HAN_DIGITS}年"
    return "零" * len(zeros) if is_beside else zeros


def _resolve_dash(found: re.Match[str]) -> str:
    """Spaces for a dash between words; other dashes are punctuation."""
    text, (start, end) = found.string, found.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    if end == start + 1 and before and after and not {before, after} & _NO_WORD:
        return " "
    is_range = text[max(0, start - 2) : start].rstrip(" ")[-1:].isdecimal() and (
        text[end : end + 2].lstrip(" ")[:1].isdecimal()
    )
    return " " * len(found[0]) if is_range and end <= start + 2 else BOUNDARY * len(found[0])


def resolve(translated: str) -> str:
    """Resolves context-dependent characters in a text translated by `SEPARATED`, except full stops in
    numbers and between sentences. Keeps the length."""
    text = _resolve_zeros(translated)
    if "." in text:
        text = _NAME_DOT.sub(" ", text)
    if "*" in text:
        text = _STAR.sub("×", text).replace("*", " ")
    if "—" in text:
        text = _DASH.sub(_resolve_dash, text)
    return _resolve_commas(text.replace("-", " "))


# Digits of a number that may be written in groups (`numbers.py`).
FEWEST_DIGITS, MOST_DIGITS = 7, 20


def separate(text: str) -> str:
    """Folded text with transparent characters as spaces and each run of punctuation as `|`.

    >>> separate("“放管服”改革，交管3.7。")
    ' 放管服 改革 | 交管3.7 | '
    """
    return add_boundaries(text.translate(SEPARATED))


def add_boundaries(text: str) -> str:
    """Merges runs of boundaries, and of full stops and commas that are not inside a word, into one each."""
    text = resolve(text).replace(",", "")
    return _BOUNDARIES.sub(f" {BOUNDARY} ", re.sub(STOP, BOUNDARY, text) if "." in text else text)


def units(separated: str) -> list[str]:
    """Units of a separated text, without leading and trailing boundaries.

    >>> units(separate("“放管服”改革，交管12123。"))
    ['放', '管', '服', '改', '革', '|', '交', '管', '12123·']
    """
    found: list[str] = []
    for stretch in _STRETCH.findall(separated):
        first = stretch[0]
        # The comparison comes first because it is fast and decides most cases.
        if first == "×":
            found.append("x" * len(stretch) + END)
        elif first.isalnum() and not ("\u4e00" <= first <= "\u9fff" or _is_unspaced(first)):
            found.append(stretch + END)
        elif stretch[-1] in JOINED_MARKS:
            found.append(stretch)
        else:
            found.extend(stretch.replace(" ", ""))
    start = 1 if found and found[0] == BOUNDARY else 0
    stop = len(found) - 1 if len(found) > start and found[-1] == BOUNDARY else len(found)
    return found[start:stop]


def text_grams(found: Sequence[str]) -> str:
    """Grams of an indexed text, one per unit in order, joined by spaces.

    The gram of the last unit ends with a boundary.

    >>> text_grams(["放", "管", "服"])
    '放管 管服 服|'
    """
    return " ".join(map(add, found, [*found[1:], BOUNDARY]))


def phrase_grams(found: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """Smallest set of (offset, gram) pairs that covers a sequence of two or more units.

    >>> phrase_grams(["放", "管", "服"])
    ((0, '放管'), (1, '管服'))
    """
    offsets = list(range(0, len(found) - 1, 2))
    if len(found) % 2:
        offsets.append(len(found) - 2)
    return tuple((offset, found[offset] + found[offset + 1]) for offset in offsets)
