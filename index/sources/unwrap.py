"""Removes line breaks that only limit the length of lines: 跨省通⏎办 is 跨省通办.

In Markdown and inside an element of HTML a break is white space; in plain text, and in HTML that has no
elements for paragraphs, a line is a paragraph unless its paragraph was wrapped at a width. Verse, lists
and short lines keep their breaks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

from index.sources.extract import BLOCK_TAGS

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇々"
_INLINE = r"(?:</?(?:a|b|big|code|del|em|font|i|s|small|span|strong|sub|sup|u)\b[^<>]*>)*"
# A break between two Han characters, with inline tags beside it.
_BREAK = re.compile(rf"\n(?<!</p>\n)(?<!<br>\n)[ \t\u3000]*{_INLINE}[ \t\u3000]*[{_HAN}]")
_ENDS_IN_HAN = re.compile(rf"[{_HAN}]{_INLINE}[ \t]*\Z")
_FREQUENT = "p li tr td h2 h3 ul div".split()
_NAMES = "|".join([*_FREQUENT, *sorted(BLOCK_TAGS.difference(_FREQUENT))])
_BLOCKS = re.compile(
    rf"(<pre\b.*?</pre\s*>|<!--.*?-->|</?(?:{_NAMES})(?![\w-])[^<>]*>)",
    re.IGNORECASE | re.DOTALL,
)
_ANY_HAN = re.compile(f"[{_HAN}]")
_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(r"&#?\w{1,31};")
_PUNCTUATION = re.compile("[，。；：、！？,;!?]")
_SENTENCE_END = re.compile(r"[。！？!?…；;：.][”’」』）)\]】》]*\Z")
# Lines that begin something: an item of a list, a clause of a law, a chapter, a label (作者：).
_BEGINS = re.compile(
    r"[-*+•·●○◆■□▪※☆★] ?|\d+[.、)）．]|[（(][一二三四五六七八九十\d]+[)）]|[一二三四五六七八九十]+[、.．]"
    r"|第[〇零一二三四五六七八九十百千\d]+[章节節回卷条條部篇集]|[^\s：:，。]{1,6}[：:]"
)
_QUOTE = re.compile(r"(?:> ?)+")
# Columns of the shortest line that is taken for a wrapped one, and of the longest line of verse.
_MIN_WIDTH, _VERSE_WIDTH = 18, 40
# Columns that may stay free at the end of a wrapped line beside the word that didn't fit.
_SLACK = 4


def unwrap_text(text: str) -> str:
    """Plain text with each wrapped paragraph on one line; its other lines unchanged."""
    if not _BREAK.search(text.replace("\n> ", "\n")):
        return text
    lines: list[str] = []
    for block in re.split(r"(\n[ \t\r]*\n)", text):
        if "\n" not in block or not block.strip():
            lines.append(block)
            continue
        written = block.split("\n")
        quoted = len({quote[0] if (quote := _QUOTE.match(line)) else "" for line in written}) == 1
        if quoted and (quote := _QUOTE.match(written[0])):
            written = [written[0], *(line[quote.end() :] for line in written[1:])]
            shown = [written[0][quote.end() :], *written[1:]]
        else:
            shown = written
        lines.append(_joined(written, wrapped_breaks(shown), "\n"))
    return "".join(lines)


def unwrap_html(html: str, *, lines: bool = False) -> str:
    """HTML without the breaks of wrapped paragraphs. With `lines`, each line of the source is a paragraph."""
    if not any(_follows_han(html, at.start()) for at in _BREAK.finditer(html)):
        return html
    return _in_paragraphs(html, lambda shown: wrapped_breaks(shown) if lines else _prose_breaks(shown), "\n")


def _follows_han(html: str, end: int) -> bool:
    """True if the text before ends in a Han character, apart from inline tags and spaces."""
    if html[end - 1 : end] not in ("", ">", " ", "\t"):
        return is_han(html[end - 1])
    return _ENDS_IN_HAN.search(html, max(0, end - 200), end) is not None


def break_lines(html: str) -> str:
    """HTML of Markdown without the breaks of wrapped paragraphs; those of verse and short lines become
    elements."""

    def breaks(shown: Sequence[str]) -> list[str]:
        joined = _prose_breaks(shown)
        full = _full_lines(shown)
        chinese = any(map(_ANY_HAN.search, shown))
        wrapped = "" in joined
        for number, (line, following) in enumerate(pairwise(shown)):
            if joined[number] == "" or not chinese:
                continue
            if not wrapped or not full[number] or _width(line) < 2 * _MIN_WIDTH:
                joined[number] = "<br>\n"
            elif _is_cjk(line[-1:]) and _is_cjk(following[:1]):
                joined[number] = ""
        return joined

    return _in_paragraphs(html, breaks, "\n")


def _in_paragraphs(html: str, breaks: Callable[[Sequence[str]], list[str]], kept: str) -> str:
    pieces = _BLOCKS.split(html)
    for number in range(0, len(pieces), 2):
        piece = pieces[number]
        if "\n" in piece.strip():
            begin = piece.rfind("\n", 0, len(piece) - len(piece.lstrip())) + 1
            end = len(piece.rstrip())
            head, tail, written = piece[:begin], piece[end:], piece[begin:end].split("\n")
            shown = [_REFERENCE.sub("x", _TAG.sub("", line)).rstrip() for line in written]
            pieces[number] = head + _joined(written, breaks(shown), kept) + tail
    return "".join(pieces)


def _joined(lines: Sequence[str], breaks: Sequence[str], kept: str) -> str:
    """Lines joined by white space, or by nothing where none belongs."""
    parts = [lines[0]]
    for line, between in zip(lines[1:], breaks, strict=True):
        if between != kept:
            parts[-1] = parts[-1].rstrip(" \t\u3000")
            line = line.lstrip(" \t\u3000")
        parts += (between, line)
    return "".join(parts)


def _prose_breaks(lines: Sequence[str]) -> list[str]:
    """Joint of two lines of a paragraph: empty between two Han characters, except in verse."""
    widest = max(map(_width, lines))
    prose = widest > _VERSE_WIDTH or any(map(_PUNCTUATION.search, lines))

    def joins(line: str, following: str) -> bool:
        if not prose or not _han_meets_han(line, following) or _BEGINS.match(following.lstrip()):
            return False
        return 2 * _width(line) >= widest

    return ["" if joins(*pair) else "\n" for pair in pairwise(lines)]


def wrapped_breaks(lines: Sequence[str]) -> list[str]:
    """Joint of two lines that may be paragraphs: a line break, unless they were wrapped.

    Lines were wrapped where all but the last are full (the next word had no room), at least one ends
    within a sentence, and the last ends one.
    """
    breaks = ["\n"] * (len(lines) - 1)
    full = _full_lines(lines)
    first = 0
    for last in range(len(lines)):
        following = lines[last + 1] if last + 1 < len(lines) else ""
        if full[last] and following.strip() and not _begins_paragraph(lines[last], following):
            continue
        run = lines[first : last + 1]
        if _is_wrapped(run):
            for number in range(first, last):
                line, following = lines[number].rstrip(), lines[number + 1].lstrip()
                breaks[number] = "" if _is_cjk(line[-1:]) or _is_cjk(following[:1]) else " "
        first = last + 1
    return breaks


def _is_wrapped(run: Sequence[str]) -> bool:
    if len(run) < 2 or not _SENTENCE_END.search(run[-1].rstrip()):
        return False
    widths = [_width(line) for line in run]
    if max(widths) < _MIN_WIDTH or not any(map(_PUNCTUATION.search, run)):
        return False
    if len(set(widths)) == 1 and widths[0] <= _VERSE_WIDTH:
        return False
    return any(_han_meets_han(line, following) for line, following in pairwise(run))


def _full_lines(lines: Sequence[str]) -> list[bool]:
    """For each line, True if the first word of the next would not have fit."""
    widest = max(map(_width, lines))
    return [
        _width(line) + _width(_first_word(following)) + _SLACK >= widest
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    ]


def _begins_paragraph(line: str, following: str) -> bool:
    indent = len(following) - len(following.lstrip())
    deeper = indent > len(line) - len(line.lstrip())
    return deeper or following.startswith("\u3000") or _BEGINS.match(following.lstrip()) is not None


def _first_word(line: str) -> str:
    line = line.lstrip()
    return line[:1] if _is_cjk(line[:1]) else line.split(maxsplit=1)[0][:20] if line else ""


def _han_meets_han(line: str, following: str) -> bool:
    return is_han(line.rstrip()[-1:]) and is_han(following.lstrip()[:1])


def is_han(character: str) -> bool:
    return re.fullmatch(f"[{_HAN}]", character) is not None


def _is_cjk(character: str) -> bool:
    return character != "" and (unicodedata.east_asian_width(character) in "WF" or character in "“”‘’…—")


def _width(line: str) -> int:
    """Columns of a line in a font where a Han character takes two."""
    line = line.rstrip()
    return len(line) + sum(map(_is_wide, line))


def _is_wide(character: str) -> bool:
    return character > "\u2e7f"
