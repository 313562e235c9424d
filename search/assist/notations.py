"""Other notations of a text, which may mean the same but have other tokens: 二十四 and 24, 3·15 and 315,
13812345678 and 138-1234-5678 in quotation marks.

Unambiguous ones need no suggestion: a search includes them (`search/query/equivalents.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from search.query.numerals import HAN_NUMERALS, from_han, to_han

# Notations of one text.
_MOST = 8

_DOT = "[·•‧・⋅.．]"
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[str]]]


def notations(text: str) -> list[str]:
    """Other notations of a text, each with one difference, at most eight.

    >>> notations("3·15晚会")
    ['3.15晚会', '315晚会']
    >>> notations("二十四节气")
    ['24节气']
    >>> notations("J.K.罗琳")
    ['J·K·罗琳']
    """
    found = (
        text[: match.start()] + other + text[match.end() :]
        for pattern, others in _RULES
        for match in pattern.finditer(text)
        for other in others(match)
    )
    distinct: dict[str, None] = {}
    for other in found:
        if other != text:
            distinct[other] = None
        if len(distinct) == _MOST:
            break
    return list(distinct)


def _day(match: re.Match[str]) -> Iterator[str]:
    """Month and day: 3·15, 3.15, 315."""
    month, day = match["month"], match["day"]
    if 0 < int(month) <= 12 and 0 < int(day) <= 31:
        yield from (f"{month}·{day}", f"{month}.{day}", f"{month}{day}")


def _digits(match: re.Match[str]) -> Iterator[str]:
    if value := int(match[0]):
        yield to_han(value)


def _han(match: re.Match[str]) -> Iterator[str]:
    value = from_han(match[0].replace("〇", "零"))
    if value is not None:
        yield str(value)


def _joined(match: re.Match[str]) -> Iterator[str]:
    yield re.sub(r"\D", "", match[0])


def _grouped(match: re.Match[str]) -> Iterator[str]:
    """A mobile number in its usual groups, and a number with its area code set off."""
    yield re.sub(r"(\d{3})(\d{4})(\d{4})", r"\1-\2-\3", match[0])
    yield from (f"{match[0][:end]}-{match[0][end:]}" for end in (3, 4))


def _other_dot(match: re.Match[str]) -> Iterator[str]:
    yield match[0].replace("·", ".") if "·" in match[0] else match[0].replace(".", "·")


def _other_dash(match: re.Match[str]) -> Iterator[str]:
    yield "-" if len(match[0]) > 1 else "——"


def _range(match: re.Match[str]) -> Iterator[str]:
    yield from "-" if match[0] in "至到" else "至到"


_RULES: tuple[_Rule, ...] = (
    (re.compile(rf"(?<![\d.])(?P<month>\d\d?)(?:{_DOT}|(?=\d\d(?!\d)))(?P<day>\d\d?)(?![\d.])"), _day),
    (re.compile(r"(?<![\d.,·•/-])[1-9]\d{0,3}(?![\d.,·•/-])", re.ASCII), _digits),
    (re.compile(rf"[{HAN_NUMERALS}〇]{{2,}}"), _han),
    (re.compile(r"(?<!\d)\d+(?:[- ]\d+)+(?!\d)"), _joined),
    (re.compile(r"(?<!\d)\d{11}(?!\d)"), _grouped),
    (re.compile(r"(?<=\d)[-–—―─~～至到](?=\d)"), _range),
    # Initials of a name: J.K.罗琳, J·K·罗琳.
    (
        re.compile(r"(?:(?<=[\u3400-\u9fff])[·.])?(?<![A-Za-z])(?:[A-Za-z][·.])+(?=[A-Za-z\u3400-\u9fff])"),
        _other_dot,
    ),
    (re.compile(r"(?<=\w)(?:[-—―─]|[—―─]{2})(?=\w)"), _other_dash),
)
