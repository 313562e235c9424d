"""Dates in queries → ranges of seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from search.query.dates import ALLOWED, ALLOWED_PERIODS, DateRange, parse_period, parse_range

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


def seconds(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def span(start: str | None, end: str | None, zone: ZoneInfo = SHANGHAI) -> DateRange:
    return DateRange(start and seconds(start, zone), end and seconds(end, zone))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2022", "2022-01-01", "2023-01-01"),
        ("2022年", "2022-01-01", "2023-01-01"),
        ("2022-01", "2022-01-01", "2022-02-01"),
        ("2022-1", "2022-01-01", "2022-02-01"),
        ("2022/12", "2022-12-01", "2023-01-01"),
        ("2022.12", "2022-12-01", "2023-01-01"),
        ("202212", "2022-12-01", "2023-01-01"),
        ("2022年12月", "2022-12-01", "2023-01-01"),
        ("2022-01-04", "2022-01-04", "2022-01-05"),
        ("2022-1-4", "2022-01-04", "2022-01-05"),
        ("2022/01/04", "2022-01-04", "2022-01-05"),
        ("2022.1.31", "2022-01-31", "2022-02-01"),
        ("20220104", "2022-01-04", "2022-01-05"),
        ("2022年1月4日", "2022-01-04", "2022-01-05"),
        ("2022-12-31", "2022-12-31", "2023-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2022-01..2022-03", "2022-01-01", "2022-04-01"),
        ("2022..2022", "2022-01-01", "2023-01-01"),
        ("2022-01-04..2022-02", "2022-01-04", "2022-03-01"),
        ("2022-01 .. 2022-03", "2022-01-01", "2022-04-01"),
        ("2022-01…2022-03", "2022-01-01", "2022-04-01"),
        ("2022-01~2022-03", "2022-01-01", "2022-04-01"),
        ("2022年1月至2022年3月", "2022-01-01", "2022-04-01"),
        ("2022-01到2022-03", "2022-01-01", "2022-04-01"),
        ("2022-01..", "2022-01-01", None),
        ("..2022-01", None, "2022-02-01"),
        (">=2022-01", "2022-01-01", None),
        ("≥2022-01", "2022-01-01", None),
        (">= 2022-01", "2022-01-01", None),
        (">2022-01", "2022-02-01", None),
        ("<2022-01", None, "2022-01-01"),
        ("<=2022-01", None, "2022-02-01"),
        ("≤2022-01", None, "2022-02-01"),
        ("=2022-01", "2022-01-01", "2022-02-01"),
        (" 2022 ", "2022-01-01", "2023-01-01"),
    ],
)
def test_what_is_allowed(text: str, start: str | None, end: str | None) -> None:
    assert parse_range(text, SHANGHAI) == span(start, end)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "..", "…", ">", "<=", "22", "202", "20221", "2022013", "202201041", "2022-",
        "2022-13", "2022-00", "2022-01-00", "2022-01-32", "2022-02-30", "2023-02-29", "2022-00-01",
        "0000", "10000", "-2022", "2022-01-04T10", "2022-01-04 10:00",
        "明天", "soon", "月", "13月", "2月30日", "〇月",
        ">2022..", "2022..2023..2024", ">=", ">>2022", "2022,2023", "٢٠٢٢", "²⁰²²", "去年²月", "-30", "-d",
        "-30x",
        "--30d", "-99999d", "最近", "最近半月", "last", "last 0 fortnights", "去年13月", "june 22",
        "2022-01-04Z", "2022-1-4-5", "1641276006",
    ],
)  # fmt: skip
def test_what_is_not_allowed(text: str) -> None:
    with pytest.raises(ValueError):  # the message is the caller's
        parse_range(text, SHANGHAI)


TODAY = date(2024, 3, 31)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("２０２２", "2022-01-01", "2023-01-01"),
        ("２０２２年６月", "2022-06-01", "2022-07-01"),
        ("今天", "2024-03-31", "2024-04-01"),
        ("today", "2024-03-31", "2024-04-01"),
        ("昨天", "2024-03-30", "2024-03-31"),
        ("前天", "2024-03-29", "2024-03-30"),
        ("本周", "2024-03-25", "2024-04-01"),
        ("上週", "2024-03-18", "2024-03-25"),
        ("Last  Week", "2024-03-18", "2024-03-25"),
        ("这个月", "2024-03-01", "2024-04-01"),
        ("上个月", "2024-02-01", "2024-03-01"),
        ("上個月", "2024-02-01", "2024-03-01"),
        ("last month", "2024-02-01", "2024-03-01"),
        ("今年", "2024-01-01", "2025-01-01"),
        ("去年", "2023-01-01", "2024-01-01"),
        ("last year", "2023-01-01", "2024-01-01"),
        ("前年", "2022-01-01", "2023-01-01"),
        ("3月", "2024-03-01", "2024-04-01"),
        ("６月", "2023-06-01", "2023-07-01"),
        ("十二月", "2023-12-01", "2024-01-01"),
        ("去年6月", "2023-06-01", "2023-07-01"),
        ("前年12月5日", "2022-12-05", "2022-12-06"),
        ("3月31日", "2024-03-31", "2024-04-01"),
        ("4月1日", "2023-04-01", "2023-04-02"),
        ("2月29日", "2024-02-29", "2024-03-01"),
        ("June", "2023-06-01", "2023-07-01"),
        ("june 2022", "2022-06-01", "2022-07-01"),
        ("最近30天", "2024-03-01", "2024-04-01"),
        ("近一周", "2024-03-24", "2024-04-01"),
        ("过去两年", "2022-03-31", "2024-04-01"),
        ("最近半年", "2023-09-30", "2024-04-01"),
        ("last 3 months", "2023-12-31", "2024-04-01"),
        ("past year", "2023-03-31", "2024-04-01"),
        ("-30d", "2024-03-01", None),
        ("-1m", "2024-02-29", None),
        ("－１ｙ", "2023-03-31", None),
        ("-2周", "2024-03-17", None),
        ("-60d..-30d", "2024-01-31", "2024-03-02"),
        ("<-30d", None, "2024-03-01"),
        (">=-30d", "2024-03-01", None),
        ("2022年1月至3月", "2022-01-01", "2022-04-01"),
        ("6月到8月", "2023-06-01", "2023-09-01"),
        ("11月..2月", "2023-11-01", "2024-03-01"),
        ("去年至今", "2023-01-01", "2024-04-01"),
        ("..上个月", None, "2024-03-01"),
    ],
)
def test_words_and_spans_are_counted_from_today(text: str, start: str | None, end: str | None) -> None:
    assert parse_range(text, SHANGHAI, TODAY) == span(start, end)


@settings(max_examples=examples(300))
@given(st.integers(0, 9999), st.sampled_from("dwmy"), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_span_ends_no_later_than_today(number: int, unit: str, today: date) -> None:
    found, whole = parse_range(f"-{number}{unit}", SHANGHAI, today), parse_period(today.isoformat(), SHANGHAI)
    assert found.start is not None
    assert whole.start is not None
    assert found.start <= whole.start
    assert found.end is None


@pytest.mark.parametrize("text", ["2022..2023", ">2022", "<2022", "..2022"])
def test_a_period_is_no_range(text: str) -> None:
    with pytest.raises(ValueError):
        parse_period(text, SHANGHAI)


def test_what_is_said_to_be_allowed_is_allowed() -> None:
    for text in ALLOWED.split(", "):
        parse_range(text, SHANGHAI)
    for text in ALLOWED_PERIODS.split(", "):
        parse_period(text, SHANGHAI)


def test_a_range_that_ends_before_it_starts_is_turned() -> None:
    straight = parse_range("2022-01..2022-03", SHANGHAI)
    assert parse_range("2022-03..2022-01", SHANGHAI) == replace(straight, is_turned=True)
    assert not parse_range("2022-01..2022-01", SHANGHAI).is_turned


def test_days_are_those_of_the_zone() -> None:
    assert parse_range("2022-01-04", SHANGHAI) == DateRange(1641225600, 1641312000)
    assert parse_range("2022-01-04", ZoneInfo("UTC")) == DateRange(1641254400, 1641340800)


def test_days_on_which_the_clock_is_changed_are_shorter_or_longer() -> None:
    spring, autumn = (parse_period(day, NEW_YORK) for day in ("2022-03-13", "2022-11-06"))
    assert spring == span("2022-03-13", "2022-03-14", NEW_YORK)
    assert spring.end - spring.start == 23 * 3600  # type: ignore[operator]
    assert autumn.end - autumn.start == 25 * 3600  # type: ignore[operator]


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, ZoneInfo("UTC")])
def test_the_first_and_the_last_year_there_are(zone: ZoneInfo) -> None:
    first = parse_period("0001", zone)
    assert first.start is not None
    assert first.start == parse_period("0001-01-01", zone).start == parse_range(">=0001-01", zone).start
    last_second = 253402300799  # 9999-12-31T23:59:59Z
    for text in ("9999", "9999-12", "9999-12-31"):
        assert parse_period(text, zone).end == last_second + 1
    assert parse_range("2022..9999", zone).end == last_second + 1
    assert parse_range(">9999", zone) == DateRange(last_second + 1, None)


days = st.dates(date(1, 1, 2), date(9999, 12, 30))


@settings(max_examples=examples(200))
@given(days)
def test_days_follow_one_another_without_a_gap(day: date) -> None:
    here = parse_period(day.isoformat(), SHANGHAI)
    after = parse_period((day + timedelta(days=1)).isoformat(), SHANGHAI)
    assert here.end == after.start
    assert here.start is not None
    assert here.end is not None
    assert here.start < here.end
    month, year = parse_period(f"{day:%Y-%m}".zfill(7), SHANGHAI), parse_period(f"{day.year:04d}", SHANGHAI)
    for outer in (month, year):
        assert outer.start is not None
        assert outer.end is not None
        assert outer.start <= here.start < here.end <= outer.end


@settings(max_examples=examples(300))
@given(st.text("0123456789-./年月日<>=.~至 今去前上个最近天周dwmylast", max_size=14))
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    try:
        found = parse_range(text, SHANGHAI)
    except ValueError:
        return
    assert found.start is not None or found.end is not None
