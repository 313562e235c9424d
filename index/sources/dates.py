"""Dates as articles write them → seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

from index.article import to_seconds

# Characters of a date in any form, with room: what reads them takes the square of a length.
_LONGEST = 200
_LOCAL = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})\s*[:：时時]\s*(?P<minute>\d{1,2})(?:\s*[:：分]\s*(?P<second>\d{1,2}))?\s*[分秒]?)?"
)


def parse_date(text: str, zone: tzinfo) -> int:
    """Seconds since 1970 of a date in RFC 822, ISO 8601 or a local form.

    `zone` is that of a date which names none. Raises ValueError for anything else.

    >>> parse_date("Tue, 04 Jan 2022 06:00:06 GMT", UTC)
    1641276006
    >>> parse_date("2022年1月4日 6:00", UTC) == parse_date("2022-01-04T06:00:00Z", UTC)
    True
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise ValueError(f"not a date: {text[:60]!r}…")
    for read in (datetime.fromisoformat, _parse_local, _parse_rfc822):
        try:
            moment = read(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            return to_seconds(moment.astimezone(UTC))
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    raise ValueError(f"not a date: {text[:60]!r}")


def _parse_rfc822(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    # RFC 2822: -0000 is UTC of which no zone is known; the standard library gives it no zone.
    return moment.replace(tzinfo=UTC) if text.endswith("-0000") else moment


def _parse_local(text: str) -> datetime:
    found = _LOCAL.fullmatch(text)
    if not found:
        raise ValueError(text)
    return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
