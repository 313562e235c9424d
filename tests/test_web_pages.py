"""What the pages offer besides results: a timeline, ranges of days, preferences, plots, blocked pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from archive import Archive
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pages import link_of, one, page_at, without_catalog

from index.article import Article
from search.planning.plan import HighlightTerm
from search.request import SearchRequest
from search.searcher import Searcher
from web.app import create_app
from web.links import article_url, query_string, search_url
from web.params import arguments
from web.reading import reading_view
from web.settings import WebSettings


def _count(page: Tag) -> int:
    return int(re.sub(r"\D", "", one(page, ".summary strong").text))


def _query(address: object) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(address)).query).items()}


# Addresses

REQUESTS = st.builds(
    SearchRequest,
    st.text(max_size=5),
    st.integers(1, 3),
    st.integers(9, 11),
    st.sampled_from(["relevance", "newest"]),
    *[st.lists(st.text("a甲 &=+/%", max_size=3), max_size=3).map(tuple)] * 6,
    *[st.text("a甲 &=+/%", max_size=3)] * 2,
    explain=st.booleans(),
)
CHANGES = st.fixed_dictionaries(
    {}, optional={"page": st.integers(1, 3), "query": st.text(max_size=3), "author": st.text(max_size=3)}
)


@given(REQUESTS, CHANGES)
def test_addresses_are_what_the_table_of_parameters_says(
    request: SearchRequest, changes: dict[str, str]
) -> None:
    assert query_string(request, **changes) == urlencode(arguments(request, **changes), doseq=True)


@pytest.mark.parametrize("prefix", ["", "/archive", "/档案"])
def test_addresses_begin_with_the_prefix(app: Flask, prefix: str) -> None:
    with app.test_request_context(
        "/search", environ_overrides={"SCRIPT_NAME": prefix.encode().decode("latin-1")}
    ):
        for address in (search_url(), search_url(SearchRequest("a"), page=2), article_url("a/b")):
            assert address.startswith(prefix + "/")


# The timeline


def test_the_timeline_narrows_by_links(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江")
    bars = page.select(".timeline a")
    assert sum(int(one(bar, "title").text.split(": ")[1]) for bar in bars) <= _count(page)
    highest = max(bars, key=lambda bar: int(one(bar, "title").text.split(": ")[1]))
    label, count = one(highest, "title").text.split(": ")
    assert label in str(one(page, ".timeline svg")["aria-label"])
    narrowed = page_at(client, str(highest["href"]))
    assert _count(narrowed) == int(count)
    assert all(str(time["title"]).startswith(label) for time in narrowed.select(".hit time"))


def test_the_timeline_shows_months_where_they_are_few(archive: Archive) -> None:
    for day in ("2021-11-05", "2022-01-31", "2022-02-01"):
        archive.write(f"{day}.md", f"---\ntitle: 地铁\ndate: {day}\n---\n<p>地铁</p>")
    archive.sync()
    client = create_app(WebSettings(index=str(archive.directory))).test_client()
    page = page_at(client, "/search", q="地铁")
    assert [one(bar, "title").text for bar in page.select(".timeline a")] == [
        "2021-11: 1",
        "2022-01: 1",
        "2022-02: 1",
    ]
    assert one(page, ".timeline svg")["viewbox"] == "0 0 40 100"  # a place for December, too
    assert not page_at(client, "/search", q="地铁", **{"from": "2022-01", "to": "2022-01"}).select(
        ".timeline"
    )


# Ranges of days


@pytest.mark.parametrize(("age", "until"), [(0, False), (40, True)])
def test_ranges_of_days_end_with_the_newest_article(archive: Archive, age: int, until: bool) -> None:
    newest = date.today() - timedelta(days=age)
    for days in (0, 5, 20, 200, 2000):
        day = newest - timedelta(days=days)
        archive.write(f"{days}.md", f"---\ntitle: 地铁\ndate: {day} 00:00:00\n---\n<p>地铁</p>")
    settings = WebSettings(index=str(archive.directory), timezone="UTC")
    archive.settings = settings
    archive.sync()
    client = create_app(settings).test_client()
    page = page_at(client, "/search", q="地铁")
    counts = [_count(page_at(client, str(link["href"]))) for link in page.select(".ranges a")]
    assert counts == [1, 2, 3, 4]
    assert bool(page.select(".until")) == until
    year = page_at(client, str(page.select(".ranges a")[-1]["href"]))
    assert one(year, ".ranges [aria-current]").text == "一年"
    assert one(year, ".chips a")


# Preferences


def test_colours_are_chosen(client: FlaskClient) -> None:
    page = page_at(client, "/help")
    assert "data-theme" not in one(page, "html").attrs
    assert one(page, "meta[name=color-scheme]")["content"] == "light dark"
    dark = next(str(link["href"]) for link in page.select(".choices .theme a") if link.text == "深色")
    page = page_at(client, "/help" + dark)
    assert one(page, "html")["data-theme"] == "dark"
    page = page_at(client, "/")
    assert one(page, "html")["data-theme"] == "dark"
    assert one(page, ".choices .theme [aria-current]").text == "深色"
    assert "data-theme" not in one(page_at(client, "/", theme="system"), "html").attrs
    assert "data-theme" not in one(page_at(client, "/", theme="pink"), "html").attrs


def test_single_keys_can_be_switched_off(client: FlaskClient) -> None:
    assert "data-keys" not in one(page_at(client, "/"), "body").attrs
    assert one(page_at(client, "/", keys="off"), "body")["data-keys"] == "off"


def test_pictures_can_be_blocked_by_the_reader(client: FlaskClient) -> None:
    assert page_at(client, "/search", q="临江 地铁").select(".hit img")
    page = page_at(client, "/search", q="临江 地铁", images="block")
    assert not page.select(".hit img")
    policy = client.get("/search?q=a").headers["Content-Security-Policy"]
    assert "img-src 'self';" in policy
    assert "http:" not in policy


def test_pictures_can_be_blocked_by_the_site(example_index: Path) -> None:
    app = create_app(WebSettings(index=str(example_index), images="block"))
    client = app.test_client()
    page = page_at(client, "/search", q="临江 地铁", images="show")
    assert not page.select(".hit img")
    assert not page.select(".choices .images")
    assert "img-src 'self';" in client.get("/search?q=a&images=show").headers["Content-Security-Policy"]
    app.extensions["souwen"].close()


def test_blocked_pictures_are_links(app: Flask) -> None:
    article = Article(
        "x", "x.md", "题", "甲", html='<p>甲<img src="https://p.example/a.png" alt="一张图"></p>'
    )
    with app.test_request_context("/"):
        assert "<img" in reading_view(article).html
        html = reading_view(article, pictures=False).html
        assert "<img" not in html
        assert '<a href="https://p.example/a.png" rel="noopener noreferrer nofollow ugc">[一张图]</a>' in html
        plain = replace(article, html='<img src="https://p.example/a.png">甲')
        assert ">[图片]</a>" in reading_view(plain, pictures=False).html


def test_the_number_of_results_on_a_page_is_kept_and_gives_way_to_the_address(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江", size=5, page=2)
    twenty = str(page.select(".choices .rows a")[1]["href"])
    assert _query(twenty) == {"q": "临江", "rows": "20"}
    assert len(page_at(client, "/search" + twenty).select(".hit")) == 18
    assert len(page_at(client, "/search", q="临江").select(".hit")) == 18
    assert len(page_at(client, "/search", q="临江", size=5).select(".hit")) == 5
    assert len(page_at(client, "/search", q="临江", rows="1000000").select(".hit")) == 18


def test_long_notes_are_opened_where_they_stand(client: FlaskClient) -> None:
    page = page_at(client, "/search", q='临江 "' + "很长的一句话" * 100)
    notes = page.select(".notes li")
    assert notes
    assert all(len(note.text) < 200 or note.select("details summary") for note in notes)


# Reading


def test_parts_of_one_hit_are_told_from_hits() -> None:
    term = HighlightTerm(("中", "国", "式"), ("body",), 1.0)
    article = Article("x", "x.md", "题", "", html="<p>中<b>国</b>式，中国式</p>")
    reading = reading_view(article, [term])
    assert reading.hits == 2
    [paragraph] = BeautifulSoup(reading.html, "lxml").select("p")
    one(paragraph, "a#p1").decompose()
    assert paragraph.decode_contents() == (
        '<mark id="h1">中</mark><b><mark class="on">国</mark></b><mark class="on">式</mark>，'
        '<mark id="h2">中国式</mark>'
    )


def test_dates_are_in_the_readers_words(archive: Archive) -> None:
    today = date.today()
    for days in (0, 1, 3, 30):
        day = today - timedelta(days=days)
        archive.write(f"{days}.md", f"---\ntitle: 地铁{days}\ndate: {day} 00:00:00\n---\n<p>地铁</p>")
    settings = WebSettings(index=str(archive.directory), timezone="UTC")
    archive.settings = settings
    archive.sync()
    client = create_app(settings).test_client()
    times = page_at(client, "/search", q="地铁", sort="newest").select(".hit time")
    assert [time.text for time in times[:3]] == ["今天", "昨天", "3 天前"]
    assert re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", times[3].text)
    assert times[0]["title"] == f"{today} 00:00 UTC"
    times = page_at(client, "/search", q="地铁", sort="newest", lang="en").select(".hit time")
    assert [time.text for time in times[:3]] == ["today", "yesterday", "3 days ago"]
    assert str(today.year) in times[3].text or str(today.year - 1) in times[3].text


# Statistics


def test_what_only_a_catalog_tells_is_said_to_be_known_elsewhere(
    client: FlaskClient, searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = without_catalog(searcher)
    monkeypatch.setattr(Searcher, "stats", lambda _: stats)
    page = page_at(client, "/about", lang="en")
    rows = {one(row, "th").text: one(row, "td").text for row in page.select(".forms tr")}
    assert rows["Problems"] == "known only on the machine that indexes the articles"
    assert "Last update" not in rows
    assert "None" not in page.text
    figures = {one(each, "dt").text for each in page.select(".figures > div")}
    assert "Articles" in figures
    assert "Problems" not in figures


def test_statistics_are_plots_with_links(client: FlaskClient) -> None:
    page = page_at(client, "/about")
    for row in page.select(".bars tr"):
        count = int(re.sub(r"\D", "", one(row, ".count").text))
        assert _count(page_at(client, link_of(row, "a"))) == count
        assert 0 < float(str(one(row, "rect")["width"]).rstrip("%")) <= 100
    assert len(page.select(".timeline")) == 2
    assert _query(page.select("#years ~ .timeline a")[0]["href"]).keys() == {"from", "to"}
