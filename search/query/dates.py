"""Dates in queries → ranges of seconds since 1970. Words and spans are those of `date_words.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from index.article import to_seconds
from search.query.date_words import days_back, days_of

# Without anything in between (20220104), month and day have two digits.
_DATE = re.compile(
    r"(?P<year>\d{4})年?"
    r"(?:(?:[-/.]|(?<=年)|(?=\d\d(?:\d\d)?$))(?P<month>\d{1,2})月?"
    r"(?:(?:[-/.]|(?<=月)|(?=\d\d$))(?P<day>\d{1,2})日?)?)?",
    re.ASCII,
)
# A moment, as an address has it: to the minute or second, in UTC with a Z.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?", re.ASCII)
_RANGE = re.compile(r"(?P<start>[^<>=]*?)(?:\.\.|…|~|至|到)(?P<end>[^<>=]*)")
_COMPARED = re.compile(r"(?P<operator>>=|<=|>|<|≥|≤|=)(?P<date>.+)")
ALLOWED_PERIODS = "2022, 2022-01, 2022-01-04, -30d, -1y, 去年, 上个月, 6月, last month"
ALLOWED = f"{ALLOWED_PERIODS}, 2022-01..2022-03, >=2022-01, <2022-03-15"
# Full-width forms of ASCII, and the ideographic space.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# One second after the last that Python's dates have.
_END = to_seconds(datetime.max.replace(tzinfo=UTC)) + 1


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range in seconds since 1970, `end` excluded; None is open. `is_turned` is set if the later date
    was given first."""

    start: int | None
    end: int | None
    is_turned: bool = False


def parse_range(text: str, zone: tzinfo, today: date | None = None) -> DateRange:
    """A period, range or comparison as seconds; a span such as `-30d` is open. Raises ValueError for anything
    else. `today` is the day from which words and spans are counted."""
    text = _narrow(text)
    today = today or today_in(zone)
    if found := _COMPARED.fullmatch(text):
        period = parse_period(found["date"], zone, today)
        match found["operator"]:
            case ">=" | "≥":
                return DateRange(period.start, None)
            case "<=" | "≤":
                return DateRange(None, period.end)
            case ">":
                return DateRange(period.end, None)
            case "<":
                return DateRange(None, period.start)
            case _:
                return period
    if found := _RANGE.fullmatch(text):
        return _between(found["start"].strip(), found["end"].strip(), zone, today)
    period = parse_period(text, zone, today)
    return DateRange(period.start, None) if days_back(text, today) else period


def _between(start: str, end: str, zone: tzinfo, today: date) -> DateRange:
    """The range from one period to another, of which one may be empty."""
    if not start and not end:
        raise ValueError("..")
    first = parse_period(start, zone, today) if start else None
    if first is None:
        return DateRange(None, parse_period(end, zone, today).end)
    if not end:
        return DateRange(first.start, None)
    assert first.start is not None
    # The second month of 2022年1月至3月 is one of that year.
    last = parse_period(end, zone, today, since=first.start)
    if last.end is not None and last.end <= first.start:
        return DateRange(last.start, first.end, is_turned=True)
    return DateRange(first.start, last.end)


def parse_period(
    text: str, zone: tzinfo, today: date | None = None, *, since: int | None = None
) -> DateRange:
    """A whole year, month or day, in digits or in words, as seconds; a span such as `-30d` is its first day.
    Raises ValueError for anything else. With `since`, a month without a year is the first from there on."""
    text = _narrow(text)
    found = _DATE.fullmatch(text)
    if found:
        return _in_digits(found, zone)
    if _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        start = to_seconds(moment)
        return DateRange(start, start + (60 if text.count(":") == 1 else 1))
    if any(character.isdigit() and not character.isascii() for character in text):
        raise ValueError(text)
    today = today or today_in(zone)
    if day := days_back(text, today):
        return _seconds(day, date.fromordinal(day.toordinal() + 1), zone)
    days = days_of(text, today, None if since is None else datetime.fromtimestamp(since, zone).date())
    if days is None:
        raise ValueError(text)
    return _seconds(*days, zone)


def today_in(zone: tzinfo) -> date:
    """The day that it is in a time zone."""
    return datetime.now(zone).date()


def _narrow(text: str) -> str:
    return text.translate(_NARROW).strip()


def _seconds(first: date, after: date, zone: tzinfo) -> DateRange:
    start, end = (to_seconds(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in (first, after))
    return DateRange(start, end)


def _in_digits(found: re.Match[str], zone: tzinfo) -> DateRange:
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    first = datetime(year, 1 if month is None else month, 1 if day is None else day, tzinfo=zone)
    try:
        if month is None:
            after = first.replace(year=year + 1)
        elif day is None:
            after = first.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            after = datetime.fromordinal(first.toordinal() + 1).replace(tzinfo=zone)
    except (ValueError, OverflowError):  # there is no year 10000
        return DateRange(to_seconds(first), _END)
    return DateRange(to_seconds(first), to_seconds(after))
