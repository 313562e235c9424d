"""Dates in the notations of articles, file names and folders → seconds since 1970."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from index.article import to_seconds

# Characters of a date in any form, with room: what reads them takes the square of a length.
_LONGEST = 200

# Offsets in hours of zone names that can mean one zone only. The American ones are those of RFC 822.
_ZONES = {
    name: int(offset)
    for name, _, offset in (
        entry.partition("=")
        for entry in (
            "Z=0 UT=0 UTC=0 GMT=0 WET=0 WEST=1 CET=1 CEST=2 EET=2 EEST=3 MSK=3 PKT=5 WIB=7 ICT=7 HKT=8 SGT=8 "
            "MYT=8 PHT=8 AWST=8 JST=9 KST=9 AEST=10 AEDT=11 NZST=12 NZDT=13 EST=-5 EDT=-4 MST=-7 MDT=-6 "
            "PST=-8 PDT=-7 AKST=-9 AKDT=-8 HST=-10 北京时间=8 北京時間=8 台北时间=8 台北時間=8 香港时间=8 "
            "香港時間=8 东京时间=9"
        ).split()
    )
}
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_MONTH_NAME = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)

_COMMENT = re.compile(r"\s(?:#|//|<!--).*", re.DOTALL)
_PARENTHESES = re.compile(r"\([^()]*\)")
_LABEL = re.compile(r"^(?:(?:发布|發布|发表|發表|更新|出版|日期|时间|時間|于|於)\s*)+:?\s*(?=\S)")
_WEEKDAY = re.compile(
    r"(?:星期|礼拜|禮拜|周|週)[一二三四五六日天末]|\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b\.?,?",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"(?P<morning>上午|早上|早晨|清晨|凌晨|\bA\.?M\b\.?|(?<=\d)A\.?M\b\.?)"
    r"|(?P<noon>中午)|(?P<evening>下午|傍晚|晚上|夜间|夜間|晚|\bP\.?M\b\.?|(?<=\d)P\.?M\b\.?)",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?P<named>UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?=\s|$)"
)
_ZONE = re.compile(
    r"(?P<place>\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+)|(?P<named>北京时间|北京時間|台北时间|台北時間|香港时间|"
    r"香港時間|东京时间|(?<![A-Za-z])[A-Z]{2,5}(?![A-Za-z])|(?<=\d)Z(?![A-Za-z]))"
)
_CLOCK = (
    r"(?P<hour>\d{1,2})\s*(?:[:时時点點]\s*(?:(?P<minute>\d{1,2})(?:\s*[:分]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"\s*[分秒]?|(?P<half>半)|整)?)?"
)
_DAY = (
    r"(?:公元)?(?P<era>民[国國])?\s*(?P<year>\d{1,4})\s*[-/.年_\\]\s*(?P<month>\d{1,2})\s*[-/.月_\\]\s*"
    r"(?P<day>\d{1,2})\s*[日号號]?"
)
_NUMERIC = re.compile(rf"{_DAY}(?:[T,\s]*{_CLOCK})?")
_CLOCK_IN_TEXT = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?!\d)"
)
_ENGLISH = re.compile(
    rf"(?:{_MONTH_NAME}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?[\s-]*"
    rf"{_MONTH_NAME.replace('name', 'name2')})[\s,-]*(?P<year>\d{{4}}|\d{{2}})",
    re.IGNORECASE,
)
# The form of nearly all feeds, which is read without a look at the others.
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}) "
    r"(?:GMT|(?P<sign>[+-])(?P<hours>\d{2})(?P<minutes>\d{2}))"
)
_EPOCH = re.compile(r"(?P<seconds>\d{9,10})(?:\.\d+)?|(?P<thousandths>\d{13})")
_HAN_DATE = re.compile(
    r"(?P<year>[〇○零一二三四五六七八九]{4}|(?<=民[国國])[一二三四五六七八九十]{1,3})\s*年\s*(?P<month>[一二三四五六七八九十]{1,2})\s*月\s*"
    r"(?P<day>[一二三四五六七八九十廿卅]{1,3})\s*[日号號]"
)
_HAN_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in seconds since 1970. `doubt` explains how it could have been read differently."""

    seconds: int
    doubt: str = ""


def parse_date(text: str, zone: tzinfo) -> WrittenDate:
    """The date that a text writes: RFC 822, ISO 8601, Unix, English and Chinese forms, seconds since 1970.

    `zone` is that of a date which names none, or one that could be several. Raises ValueError for anything
    else.

    >>> parse_date("Tue, 04 Jan 2022 06:00:06 GMT", UTC).seconds
    1641276006
    >>> parse_date("2022年1月4日 星期二 下午3:20", UTC) == parse_date("2022-01-04T15:20:00Z", UTC)
    True
    >>> parse_date("Tue Jan 04 06:00:00 CST 2022", UTC).doubt
    'CST can be several time zones, and was read as UTC'
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise ValueError(f"not a date: {text[:60]!r}…")
    try:
        try:
            moment, doubt = _read_plain(text), ""
        except ValueError:
            moment, doubt = _read(text, zone)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return WrittenDate(to_seconds(moment.astimezone(UTC)), doubt)
    except (ValueError, OverflowError):
        raise ValueError(f"not a date: {text[:60]!r}") from None


def date_in_path(path: str, zone: tzinfo) -> int | None:
    """Seconds since 1970 of the day in a file's name or folders, in `zone`; None where there is none.

    >>> date_in_path("blog/2021-03-04-x.md", UTC) == date_in_path("blog/2021/03/04.md", UTC) == 1614816000
    True
    """
    name = PurePosixPath(path).name
    stem = PurePosixPath(path).stem if PurePosixPath(name).suffix else name
    folder = path[: -len(name)]
    for found in (_IN_NAME.search(_normal(stem)), _last_in_folders(folder, stem)):
        if found:
            year, month, day = (int(part) for part in found.groups() if part)
            try:
                return to_seconds(datetime(year, month, day, tzinfo=zone))
            except (ValueError, OverflowError):
                continue
    return None


def without_date(stem: str) -> str:
    """A file's name without the date that it begins with; the name itself where it is nothing else.

    >>> without_date("2021-03-04-春天"), without_date("2021-03-04")
    ('春天', '2021-03-04')
    """
    return _LEADING_DATE.sub("", stem, count=1) or stem


_YEAR = r"((?:1[89]|20)\d{2})"
_IN_NAME = re.compile(
    rf"(?<!\d){_YEAR}\s*(?:年\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号號]"
    r"|[-_.](\d{1,2})[-_.](\d{1,2})(?!\d)| (\d\d) (\d\d)(?!\d)"
    r"|([01]\d)([0-3]\d)(?:(?!\d)|(?=[0-2]\d[0-5]\d(?:[0-5]\d)?(?!\d))))"
)
_IN_FOLDERS = re.compile(rf"(?<![^/]){_YEAR}年?[-/_.]?(\d{{1,2}})月?[-/_.]?(\d{{1,2}})日?(?=[-_./ ]|$)")
_LEADING_DATE = re.compile(
    rf"^{_YEAR}(?:[-_.]\d{{1,2}}[-_.]\d{{1,2}}(?!\d)| \d\d \d\d(?!\d)|[01]\d[0-3]\d(?!\d)"
    r"|年\d{1,2}月\d{1,2}日)[-_.\s]*"
)


def _last_in_folders(folder: str, stem: str) -> re.Match[str] | None:
    """The date in the folders, whose day may stand in the file's name: `2023/04/07.md`."""
    return next(reversed(list(_IN_FOLDERS.finditer(_normal(folder + stem)))), None)


def _normal(text: str) -> str:
    """Digits and signs in their ASCII form."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return re.sub("[‐‑‒–—―−]", "-", text)


def _read_plain(text: str) -> datetime:
    """RFC 822, ISO 8601 and bare numbers. Raises ValueError for other forms."""
    if (found := _RFC822.fullmatch(text)) and (month := _MONTHS.get(found["month"].lower())):
        offset = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
        zone = timezone(timedelta(minutes=-offset if found["sign"] == "-" else offset)) if offset else UTC
        hour, minute, second = map(int, found.group("hour", "minute", "second"))
        return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=zone)
    if text[:4].isdecimal() and (found := _EPOCH.fullmatch(text)):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=int(found["seconds"] or found["thousandths"][:-3])
        )
    if text.isdecimal() and len(text) in (12, 14):
        return datetime.strptime(text, "%Y%m%d%H%M%S"[: len(text) - 2])
    return datetime.fromisoformat(text)


def _read(text: str, zone: tzinfo) -> tuple[datetime, str]:
    """The date in a text, and its doubts. Raises ValueError."""
    text = _COMMENT.sub("", _normal(text)).strip(" \t\n\"'")
    text = _PARENTHESES.sub(" ", text).strip() or text.strip("()")
    text = _WEEKDAY.sub(" ", _LABEL.sub("", text))
    try:
        return _read_plain(text.strip()), ""
    except ValueError:
        pass
    text, offset, doubt = _split_zone(text, zone)
    half = ""
    if found := _HALF.search(text):
        half = str(found.lastgroup)
        text = f"{text[: found.start()]} {text[found.end() :]}"
    moment = _numeric(text.strip(" ,"), half) or _english(text, half)
    if moment is None:
        raise ValueError(text)
    return moment if offset is None else moment.replace(tzinfo=offset), doubt


def _split_zone(text: str, zone: tzinfo) -> tuple[str, tzinfo | None, str]:
    """A text without its time zone; the zone, and the doubt about it."""
    offset: tzinfo | None = None
    doubt = ""
    clock = re.search("[:时時点點]", text)
    for found in _OFFSET.finditer(text):
        if not found["named"] and (clock is None or clock.start() > found.start()):
            continue  # the day of a date
        seconds = int(found["hours"]) * 3600 + int(found["minutes"] or 0) * 60
        offset = timezone(timedelta(seconds=-seconds if found["sign"] == "-" else seconds))
        text = f"{text[: found.start()]} {text[found.end() :]}"
        break
    for found in list(_ZONE.finditer(text))[::-1]:
        name = found[0]
        if name in ("AM", "PM") or name.lower()[:3] in _MONTHS:
            continue
        text = f"{text[: found.start()]} {text[found.end() :]}"
        if offset is not None:
            continue
        if found["place"]:
            offset = _named_zone(name)
        elif name in _ZONES:
            offset = timezone(timedelta(hours=_ZONES[name]))
        if offset is None:
            doubt = f"{name} can be several time zones, and was read as {zone}"
    return text, offset, doubt


def _named_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _numeric(text: str, half: str) -> datetime | None:
    if han := _HAN_DATE.search(text):
        year = han["year"].translate(_HAN_DIGITS) if len(han["year"]) == 4 else _han_number(han["year"])
        day = f"{year}-{_han_number(han['month'])}-{_han_number(han['day'])} "
        text = f"{text[: han.start()]}{day}{text[han.end() :]}".strip()
    found = _NUMERIC.fullmatch(text)
    if not found or (len(found["year"]) != 4 and not found["era"]):
        return None
    year = int(found["year"]) + (1911 if found["era"] else 0)
    if found["hour"] and not half and not re.search("[:时時点點]", text):
        return None
    minute = 30 if found["half"] else int(found["minute"] or 0)
    hour = _hour(int(found["hour"] or 0), half)
    late = timedelta(days=hour == 24 and minute == 0)  # 24:00 is the end of the day
    hour = 0 if late else hour
    second = int(found["second"] or 0)
    return datetime(year, int(found["month"]), int(found["day"]), hour, minute, second) + late


def _english(text: str, half: str) -> datetime | None:
    clock = _CLOCK_IN_TEXT.search(text)
    if clock:
        text = re.sub(r"\bat\s*$", "", text[: clock.start()]) + f" {text[clock.end() :]}"
    found = _ENGLISH.fullmatch(text.strip(" ,"))
    if not found:
        return None
    year = int(found["year"])
    if year < 100:  # as RFC 2822 has it
        year += 2000 if year < 50 else 1900
    month = _MONTHS[(found["name"] or found["name2"]).lower()[:3]]
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    return datetime(year, month, int(found["day"] or found["day2"]), _hour(hour, half), minute, second)


def _hour(hour: int, half: str) -> int:
    """Hour of 24 for an hour of 12 and its half of the day."""
    if half == "morning" and hour == 12:
        return 0
    if (half == "evening" and hour < 12) or (half == "noon" and hour < 3):
        return hour + 12
    return hour


def _han_number(text: str) -> int:
    """A number up to 39: 十, 十二, 二十, 三十一, 廿三."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.partition("十")
    if not ten:
        return int(text.translate(_HAN_DIGITS))
    return int((tens or "一").translate(_HAN_DIGITS)) * 10 + int((ones or "零").translate(_HAN_DIGITS))
