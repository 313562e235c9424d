"""Queries over time: numbers on each engine, the drawing, the table and the files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from archive import Archive
from browser import Visitor
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pages import one, page_at, site_of
from playwright.sync_api import expect

from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings
from web.plots import nice_ticks

# date: texts
ROWS = {
    "2021-11-05": ["地铁", "公交"],
    "2022-01-01": ["地铁"],
    "2022-01-31 23:30:00": ["地铁 公交", "别的", "别的"],
    "2022-02-01 00:00:00": ["公交"],
    "": ["地铁", "别的"],
}
HOSTILE = '"><script>alert(1)</script>\u0007=1+1'


@pytest.fixture
def timed(any_archive: Archive) -> Archive:
    _fill(any_archive)
    return any_archive


def _fill(archive: Archive) -> None:
    articles = [
        {
            "id": f"{number}-{other}",
            "title": "题",
            "text": text,
            "date": date,
            "tags": ["市"] if other else [],
        }
        for number, (date, texts) in enumerate(ROWS.items())
        for other, text in enumerate(texts)
    ]
    archive.write("a.jsonl", "".join(json.dumps(each) + "\n" for each in articles))
    archive.sync()


@pytest.fixture(scope="module")
def timed_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("timeline")
    archive = Archive(folder / "posts", folder / "index")
    _fill(archive)
    with site_of(archive.directory) as client:
        yield client


def test_months_days_and_articles_without_a_date(timed: Archive) -> None:
    with closing(Searcher(timed.directory, SearchSettings())) as searcher:
        found = searcher.timeline(SearchRequest(""), ["地铁", "公交", "绝无此词"])
        assert (found.unit, found.periods) == ("month", ("2021-11", "2021-12", "2022-01", "2022-02"))
        assert found.articles == (2, 0, 4, 1)
        assert [(each.total, each.undated, each.counts) for each in found.series] == [
            (4, 1, (1, 0, 2, 0)),
            (3, 0, (1, 0, 1, 1)),
            (0, 0, (0, 0, 0, 0)),
        ]
        assert [found.rate(found.series[0], number) for number in range(4)] == [500, 0, 500, 0]
        month = SearchRequest("", date_from="2022-01", date_to="2022-01")
        days = searcher.timeline(month, ["地铁"])
        assert (days.unit, days.periods[0], days.periods[-1]) == ("day", "2022-01-01", "2022-01-31")
        assert len(days.periods) == 31
        assert {
            day: count for day, count in zip(days.periods, days.series[0].counts, strict=True) if count
        } == {
            "2022-01-01": 1,
            "2022-01-31": 1,
        }
        assert days.articles[-1] == 3
        tagged = searcher.timeline(SearchRequest("", tag=("市",)), ["公交"])
        assert (tagged.periods, tagged.articles, tagged.series[0].counts) == (("2021-11",), (1,), (1,))


def test_many_months_are_shown_by_year(archive: Archive) -> None:
    for year in (1990, 2005, 2005):
        archive.write(f"{year}.md", f"---\ntitle: 地铁\ndate: {year}-06-01\n---\n<p>地铁</p>")
    archive.sync()
    with closing(Searcher(archive.directory, SearchSettings())) as searcher:
        found = searcher.timeline(SearchRequest(""), ["地铁"])
        assert (found.unit, found.periods[0], found.periods[-1], len(found.periods)) == (
            "year",
            "1990",
            "2005",
            16,
        )


def test_a_point_leads_to_its_articles_and_a_month_to_its_days(timed_client: FlaskClient) -> None:
    page = page_at(timed_client, "/timeline?q=地铁&q=公交&tag=市&scale=count")
    point = page.select(".plot svg a:has(circle)")[0]
    assert one(point, "title").text == "公交 2021-11: 1 / 1"
    assert one(page_at(timed_client, str(point["href"])), ".summary strong").text == "1"
    page = page_at(timed_client, "/timeline?q=地铁&q=公交")
    month = next(link for link in page.select(".plot svg a:has(.tick)") if link.text == "2022-01")
    days = page_at(timed_client, str(month["href"]))
    assert len(days.select("tbody tr")) == 31
    assert [field["value"] for field in days.select(".compare [name=q]")] == ["地铁", "公交", "", ""]
    cells = [[cell.text for cell in row.select("td")] for row in page.select("tbody tr")]
    assert cells[0] == ["2", "1", "500.0", "1", "500.0"]
    assert "其中 1 篇没有日期" in page.select(".legend li")[0].text


def test_the_address_holds_it_all(timed_client: FlaskClient) -> None:
    page = page_at(timed_client, "/timeline?q=地铁&q=公交&-tag=市&from=2022&scale=count")
    wanted = {"q": ["地铁", "公交"], "-tag": ["市"], "from": ["2022"], "scale": ["count"]}
    for link in page.select(".also a"):
        assert parse_qs(urlsplit(str(link["href"])).query) == wanted
    assert page.select(".sorts [aria-current]")[0].text == "篇数"
    results = page_at(timed_client, "/search?q=地铁&tag=市&sort=newest")
    address = next(
        str(link["href"]) for link in results.select(".also a") if "/timeline" in str(link["href"])
    )
    assert parse_qs(urlsplit(address).query) == {"q": ["地铁"], "tag": ["市"]}


def test_the_files(timed_client: FlaskClient) -> None:
    answer = timed_client.get("/timeline.csv?q=地铁&q=%3D1%2B1")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["month", "articles", "地铁", "地铁 / 1000", "'=1+1", "'=1+1 / 1000"]
    assert rows[1] == ["2021-11", "2", "1", "500.0", "0", "0.0"]
    assert "attachment" in answer.headers["Content-Disposition"]
    answer = timed_client.get("/timeline.svg", query_string={"q": ["地铁", HOSTILE]})
    assert answer.content_type.startswith("image/svg+xml")
    drawing = ElementTree.fromstring(answer.text)
    texts = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert HOSTILE.replace("\u0007", "") in texts
    assert not list(drawing.iter("{http://www.w3.org/2000/svg}script"))


@pytest.mark.parametrize("path", ["/timeline", "/timeline.csv", "/timeline.svg"])
def test_what_is_not_allowed_is_told(timed_client: FlaskClient, path: str) -> None:
    english = {"Accept-Language": "en"}
    answer = timed_client.get(f"{path}?q=1&q=2&q=3&q=4&q=5", headers=english)
    assert answer.status_code == 400
    assert "5 queries, and 4 can be compared." in answer.text
    assert timed_client.get(path).status_code == 200
    assert timed_client.get(f"{path}?q=绝无此词").status_code == 200
    many = "&".join(f"tag={number}" for number in range(60))
    assert timed_client.get(f"{path}?q=1&{many}").status_code == 400


def test_an_unreadable_date_is_a_note(timed_client: FlaskClient) -> None:
    page = page_at(timed_client, "/timeline?q=地铁&from=某日")
    assert "不是日期" in one(page, ".notes").text
    assert one(page, "[name=from]")["value"] == "某日"
    assert page.select(".plot svg circle")


@given(st.floats(1e-3, 1e9))
def test_ticks_are_few_and_reach_the_highest(highest: float) -> None:
    ticks = nice_ticks(highest)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] == 0
    assert ticks[-1] >= highest * 0.99999


@pytest.mark.parametrize("width", [360, 768, 1024, 1440])
@pytest.mark.parametrize("scripts", [True, False])
def test_it_fits(visit: Callable[..., Visitor], width: int, scripts: bool) -> None:
    page = visit(viewport={"width": width, "height": 800}, java_script_enabled=scripts).open(
        "/timeline?q=临江&q=地铁&q=图书馆&q=马拉松"
    )
    expect(page.locator(".plot svg")).to_be_visible()
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("summary", has_text=r"As a table").click()
    expect(page.locator("tbody tr").first).to_be_visible()
