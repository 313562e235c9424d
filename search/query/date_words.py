"""Dates in words, and spans that are counted back from today → days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from index.analysis.fold import fold_key
from search.query.numerals import from_han

# The first day of a period, and the day after its last.
Days = tuple[date, date]

_UNITS = {
    **dict.fromkeys(("d", "day", "天", "日"), "d"),
    **dict.fromkeys(("w", "week", "周", "星期", "个星期", "个周"), "w"),
    **dict.fromkeys(("m", "month", "个月", "月"), "m"),
    **dict.fromkeys(("y", "year", "年"), "y"),
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_BACK = re.compile(rf"[-−–](?P<number>\d{{1,4}}) ?(?P<unit>{_UNIT})s?", re.ASCII)
_LATEST = re.compile(
    r"(?:最近|近|过去|last|past) ?"
    rf"(?P<number>\d{{1,4}}|[一二两三四五六七八九十百半]{{1,4}}|(?<=t )) ?(?P<unit>{_UNIT})s?",
    re.ASCII,
)
_MONTH = re.compile(
    r"(?P<year>今年|本年|去年|上年|前年)? ?(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月份?"
    r"(?:(?P<day>\d{1,2})[日号]?)?",
    re.ASCII,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_ENGLISH = re.compile(
    rf"(?P<month>{'|'.join(name if len(name) < 4 else f'{name[:3]}(?:{name[3:]})?' for name in _MONTHS)})"
    r"(?: (?P<year>\d{4}))?",
    re.ASCII,
)
_YEARS_BACK = {"今年": 0, "本年": 0, "去年": 1, "上年": 1, "前年": 2}


def back(today: date, number: int, unit: str) -> date:
    """The day that lies a number of days, weeks, months or years before another: `d`, `w`, `m`, `y`. In a
    shorter month, it is the last one; before the year 1, the first day there is.

    >>> back(date(2024, 3, 31), 1, "m").isoformat()
    '2024-02-29'
    """
    if unit in "dw":
        ordinal = today.toordinal() - number * (7 if unit == "w" else 1)
        return date.fromordinal(max(ordinal, 1))
    months = 12 * today.year + today.month - 1 - number * (12 if unit == "y" else 1)
    if months < 12:
        return date.min
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(today.day, (_after_month(first) - timedelta(days=1)).day))


def _of_month(first: date) -> Days:
    return first, _after_month(first)


def _after_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _of_year(year: int) -> Days:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _of_day(day: date) -> Days:
    return day, day + timedelta(days=1)


def _of_week(day: date) -> Days:
    """The week of a day, from Monday on."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


_NAMED: dict[str, Callable[[date], Days]] = {
    **dict.fromkeys(("今天", "今日", "今", "至今", "现在", "today", "now"), _of_day),
    **dict.fromkeys(("昨天", "昨日", "yesterday"), lambda today: _of_day(back(today, 1, "d"))),
    "前天": lambda today: _of_day(back(today, 2, "d")),
    **dict.fromkeys(("本周", "这周", "这个星期", "本星期", "this week"), _of_week),
    **dict.fromkeys(("上周", "上个星期", "上星期", "last week"), lambda today: _of_week(back(today, 1, "w"))),
    **dict.fromkeys(("本月", "这个月", "当月", "this month"), lambda today: _of_month(today.replace(day=1))),
    **dict.fromkeys(
        ("上月", "上个月", "last month"), lambda today: _of_month(back(today.replace(day=1), 1, "m"))
    ),
    **dict.fromkeys(("今年", "本年", "this year"), lambda today: _of_year(today.year)),
    **dict.fromkeys(("去年", "上年", "last year"), lambda today: _of_year(today.year - 1)),
    "前年": lambda today: _of_year(today.year - 2),
}


def days_back(text: str, today: date) -> date | None:
    """The day of a span counted back from today, such as `-30d` or `-1年`; None for another text."""
    found = _BACK.fullmatch(fold_key(text))
    return back(today, int(found["number"]), _UNITS[found["unit"]]) if found else None


def days_of(text: str, today: date, since: date | None = None) -> Days | None:
    """The days that words stand for (上个月, 去年6月, last month, 最近30天); None for another text. A month
    without a year is the last one that has begun, or with `since`, the first from there on. Raises ValueError
    for a day that is in no calendar."""
    key = fold_key(text)
    if make := _NAMED.get(key):
        return make(today)
    if found := _LATEST.fullmatch(key):
        return _latest(found["number"], found["unit"], today)
    if found := _MONTH.fullmatch(key):
        month = int(found["month"]) if found["month"].isdecimal() else from_han(found["month"]) or 0
        day = int(found["day"]) if found["day"] else None
        if found["year"]:
            return _month_or_day(today.year - _YEARS_BACK[found["year"]], month, day)
        return _nearest(month, day, today, since)
    if found := _ENGLISH.fullmatch(key):
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(found["month"][:3]))
        if found["year"]:
            return _month_or_day(int(found["year"]), month, None)
        return _nearest(month, None, today, since)
    return None


def _latest(number: str, unit: str, today: date) -> Days:
    """The days from a number of days, weeks, months or years ago to today; 半年 is six months."""
    if number == "半":
        if _UNITS[unit] != "y":
            raise ValueError(number)
        return back(today, 6, "m"), today + timedelta(days=1)
    counted = 1 if not number else int(number) if number.isdecimal() else from_han(number.replace("两", "二"))
    if counted is None:
        raise ValueError(number)
    return back(today, counted, _UNITS[unit]), today + timedelta(days=1)


def _month_or_day(year: int, month: int, day: int | None) -> Days:
    return _of_month(date(year, month, 1)) if day is None else _of_day(date(year, month, day))


def _nearest(month: int, day: int | None, today: date, since: date | None) -> Days:
    """The last such month or day that has begun; with `since`, the first from there on."""
    years = range(today.year, today.year - 9, -1) if since is None else range(since.year, since.year + 9)
    for year in years:  # a 29th of February may be eight years away
        try:
            found = _month_or_day(year, month, day)
        except ValueError:
            if day != 29:
                raise
            continue
        if found[0] <= today if since is None else found[1] > since:
            return found
    raise ValueError(f"{month}-{day}")
