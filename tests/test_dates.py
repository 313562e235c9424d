"""Dates as articles write them: golden cases, and that nothing but ValueError is ever raised."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import FIRST_DATE, LAST_DATE, format_date, to_datetime, to_seconds
from index.sources.dates import parse_date

CASES = json.loads((Path(__file__).parent / "cases" / "dates.json").read_text(encoding="utf-8"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
# From the year 1000, since RFC 822 has years of two digits, to the last day that is one in every zone.
MOMENTS = st.integers(to_seconds(datetime(1000, 1, 1, tzinfo=UTC)), LAST_DATE - 86_400).map(to_datetime)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, str | None]) -> None:
    written = str(case["written"])
    if case["means"] is None:
        with pytest.raises(ValueError, match=r"^not a date: "):
            parse_date(written, SHANGHAI)
    else:
        assert format_date(parse_date(written, SHANGHAI)) == case["means"]


@given(MOMENTS)
def test_every_form_of_a_moment_means_that_moment(moment: datetime) -> None:
    seconds = to_seconds(moment)
    local = moment.astimezone(timezone(timedelta(hours=8)))
    forms = [
        str(format_date(seconds)),
        format_datetime(moment, usegmt=True),
        f"{local:%Y}年{local.month}月{local.day}日 {local.hour}时{local.minute}分{local.second}秒",
        local.isoformat(),
    ]
    for form in forms:
        assert parse_date(form, timezone(timedelta(hours=8))) == seconds, form


@given(st.integers(FIRST_DATE, LAST_DATE))
def test_seconds_and_moments_are_the_same(seconds: int) -> None:
    assert to_seconds(to_datetime(seconds)) == seconds
    assert to_datetime(seconds).tzinfo is UTC


def test_no_date_has_no_form() -> None:
    assert format_date(None) is None
    assert format_date(0) == "1970-01-01T00:00:00Z"


WRITINGS = st.one_of(
    st.text(),
    st.text("0123456789-/:. T年月日时分秒Z+GMJanFebMon,午()", max_size=30),
    st.lists(
        st.sampled_from(
            ["2022", "-", "01", "Jan", "Mon", ",", " ", "06:00", "+0800", "(", '"', "<", "9" * 20]
        )
    ).map("".join),
)


@given(WRITINGS)
def test_anything_is_a_date_or_a_value_error(written: str) -> None:
    try:
        seconds = parse_date(written, SHANGHAI)
    except ValueError:
        return
    assert FIRST_DATE <= seconds <= LAST_DATE
