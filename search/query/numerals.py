"""Han numerals up to 9999, folded (〇 is 零): 二十四, 一百零五, and digit by digit, 二零二二."""

from __future__ import annotations

HAN_DIGITS = "零一二三四五六七八九"
_POWERS = "十百千"
HAN_NUMERALS = HAN_DIGITS + _POWERS
# Characters behind an ordinal: what it counts.
COUNTERS = "条届章节次期号款项位名个年天批代集回卷册页课轮场季部版军师团编讲篇幕局任"


def to_han(number: int) -> str:
    """A number from 1 to 9999 in Han numerals.

    >>> [to_han(number) for number in (12, 20, 105, 110, 2022)]
    ['十二', '二十', '一百零五', '一百一十', '二千零二十二']
    """
    text, is_gap = "", False
    for power, digit in zip(range(len(str(number)) - 1, -1, -1), map(int, str(number)), strict=True):
        if digit:
            text += "零" * is_gap + HAN_DIGITS[digit] + (_POWERS[power - 1] if power else "")
        is_gap = not digit and bool(text)
    return text.removeprefix("一") if text.startswith("一十") else text


def from_han(text: str) -> int | None:
    """The value of a Han numeral, with powers or digit by digit; None for other texts.

    >>> [from_han(text) for text in ("十二", "一百零五", "二零二二", "百十", "")]
    [12, 105, 2022, None, None]
    """
    if text and all(character in HAN_DIGITS for character in text):
        return int("".join(str(HAN_DIGITS.index(character)) for character in text)) if len(text) < 9 else None
    total = digit = 0
    for character in text:
        if character in HAN_DIGITS:
            digit = HAN_DIGITS.index(character)
        elif character in _POWERS:
            total += (digit or 1) * 10 ** (_POWERS.index(character) + 1)
            digit = 0
        else:
            return None
    total += digit
    return total if 0 < total < 10_000 and to_han(total) in (text, text.removeprefix("一")) else None
