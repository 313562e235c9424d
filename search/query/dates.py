"""Dates in queries → ranges of seconds since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from index.article import to_seconds

# Without anything in between (20220104), month and day have two digits.
_DATE = re.compile(
    r"(?P<year>\d{4})年?"
    r"(?:(?:[-/.]|(?<=年)|(?=\d\d(?:\d\d)?$))(?P<month>\d{1,2})月?"
    r"(?:(?:[-/.]|(?<=月)|(?=\d\d$))(?P<day>\d{1,2})日?)?)?",
    re.ASCII,
)
_RANGE = re.compile(r"(?P<start>[^<>=]*?)(?:\.\.|…|~|至|到)(?P<end>[^<>=]*)")
_COMPARED = re.compile(r"(?P<operator>>=|<=|>|<|≥|≤|=)(?P<date>.+)")
ALLOWED_PERIODS = "2022, 2022-01, 2022-01-04"
ALLOWED = f"{ALLOWED_PERIODS}, 2022-01..2022-03, >=2022-01, <2022-03-15"
# One second after the last that Python's dates have.
_END = to_seconds(datetime.max.replace(tzinfo=UTC)) + 1


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range in seconds since 1970, `end` excluded; None is open. `is_turned` is set if the later date
    was given first."""

    start: int | None
    end: int | None
    is_turned: bool = False


def parse_range(text: str, zone: tzinfo) -> DateRange:
    """A year, month, day, range or comparison as seconds. Raises ValueError for anything else."""
    text = text.strip()
    if found := _COMPARED.fullmatch(text):
        period = parse_period(found["date"], zone)
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
        if not found["start"] and not found["end"]:
            raise ValueError(text)
        start, end = found["start"], found["end"]
        first = parse_period(start, zone).start if start else None
        last = parse_period(end, zone).end if end else None
        if first is not None and last is not None and last <= first:
            return DateRange(parse_period(end, zone).start, parse_period(start, zone).end, is_turned=True)
        return DateRange(first, last)
    return parse_period(text, zone)


def parse_period(text: str, zone: tzinfo) -> DateRange:
    """A whole year, month or day as seconds. Raises ValueError for anything else."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
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
