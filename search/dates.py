"""Dates in queries → ranges of seconds since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from index.article import to_seconds

_DATE = re.compile(
    r"(?P<year>\d{4})年?(?:[-/.]?(?P<month>\d{1,2})月?(?:[-/.]?(?P<day>\d{1,2})日?)?)?", re.ASCII
)
_RANGE = re.compile(r"(?P<start>[^<>=]*?)(?:\.\.|…|~|至|到)(?P<end>[^<>=]*)")
_COMPARED = re.compile(r"(?P<operator>>=|<=|>|<|≥|≤|=)(?P<date>.+)")
ALLOWED = "2022, 2022-01, 2022-01-04, 2022-01..2022-03, >=2022-01, <2022-03-15"


@dataclass(frozen=True, slots=True)
class DateRange:
    """Seconds since 1970: `start` is inside, `end` is not; None is open."""

    start: int | None
    end: int | None


def parse_range(text: str, zone: tzinfo) -> DateRange:
    """A year, month, day, range or comparison as seconds. Raises ValueError for anything else."""
    text = text.strip()
    if found := _COMPARED.fullmatch(text):
        period = _period(found["date"], zone)
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
        start = _period(found["start"], zone).start if found["start"] else None
        end = _period(found["end"], zone).end if found["end"] else None
        return DateRange(start, end)
    return _period(text, zone)


def _period(text: str, zone: tzinfo) -> DateRange:
    """The whole year, month or day."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    first = datetime(year, month or 1, day or 1, tzinfo=zone)
    try:
        if month is None:
            after = first.replace(year=year + 1)
        elif day is None:
            after = first.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            after = datetime.fromordinal(first.toordinal() + 1).replace(tzinfo=zone)
        return DateRange(to_seconds(first), to_seconds(after))
    except (ValueError, OverflowError):  # the end of the year 9999
        raise ValueError(text) from None
