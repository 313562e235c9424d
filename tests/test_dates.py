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
from index.sources.dates import date_in_path, parse_date, without_date

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
        found = parse_date(written, SHANGHAI)
        assert format_date(found.seconds) == case["means"]
        assert found.doubt == case.get("doubt", "")


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
        assert parse_date(form, timezone(timedelta(hours=8))).seconds == seconds, form


@given(st.integers(FIRST_DATE, LAST_DATE))
def test_seconds_and_moments_are_the_same(seconds: int) -> None:
    assert to_seconds(to_datetime(seconds)) == seconds
    assert to_datetime(seconds).tzinfo is UTC


def test_no_date_has_no_form() -> None:
    assert format_date(None) is None
    assert format_date(0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("blog/2021-03-04-春天.md", "2021-03-04"),
        ("notes/20230407.md", "2023-04-07"),
        ("notes/20230407-随笔.md", "2023-04-07"),
        ("notes/20230407123000.md", "2023-04-07"),
        ("notes/2023_04_07.txt", "2023-04-07"),
        ("paper/1965年3月4日-第3版.txt", "1965-03-04"),
        ("paper/１９６５年３月４日.txt", "1965-03-04"),
        ("laws/某某法(2023-12-29).md", "2023-12-29"),
        ("blog/2023/04/07/index.md", "2023-04-07"),
        ("blog/2023/4/7.md", "2023-04-07"),
        ("2023/04/07/春天.md", "2023-04-07"),
        ("blog/2023-04-07/index.md", "2023-04-07"),
        ("paper/2023年/04月/07日.txt", "2023-04-07"),
        ("blog/2023/04/春天.md", None),
        ("blog/2023-13-45-春天.md", None),
        ("data/12345678.md", None),
        ("data/id20230407123.md", None),
        ("data/v2.2023.1.md", None),
        ("data/120230407.md", None),
        ("posts/1-10月收入.md", None),
    ],
)
def test_days_in_paths(path: str, day: str | None) -> None:
    found = date_in_path(path, SHANGHAI)
    assert (found and f"{to_datetime(found).astimezone(SHANGHAI):%Y-%m-%d}") == day


def test_names_without_their_date() -> None:
    names = ["2021-03-04-春天", "20210304_春天", "1965年3月4日-第3版", "2021-03-04", "春天", "2021年的春天"]
    assert [without_date(name) for name in names] == [
        "春天",
        "春天",
        "第3版",
        "2021-03-04",
        "春天",
        "2021年的春天",
    ]


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
        seconds = parse_date(written, SHANGHAI).seconds
    except ValueError:
        return
    assert FIRST_DATE <= seconds <= LAST_DATE
