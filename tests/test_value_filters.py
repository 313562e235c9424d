"""Several values of a filter at once, and values that are left out: on every engine and at every door."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from archive import Archive
from bs4 import Tag
from click.testing import CliRunner
from cluster import remove_indices
from engines import EMBEDDED
from flask.testing import FlaskClient
from pages import one, page_at, site_of
from searching import ids, search

from cli.main import souwen
from search.searcher import Searcher
from search.settings import SearchSettings

# id: category, tags, author, date
ROWS = {
    "a": ("新闻/本地", ["地铁", "票价"], "张三", "2024-03-30"),
    "b": ("新闻/国际", ["地铁"], "李四", "2024-03-02"),
    "c": ("体育", ["足球"], "张三，王五", "2024-02-10"),
    "d": ("體育", [], "赵六", "2023-06-05"),
    "e": ("", ["C++", "a, b"], "", ""),
}
NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)


def _fill(archive: Archive) -> None:
    lines = [
        {"id": i, "title": "题", "text": "城市", "categories": category.split("/") if category else [],
         "tags": tags, "author": author, "date": date}
        for i, (category, tags, author, date) in ROWS.items()
    ]  # fmt: skip
    archive.write("lines.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    archive.sync()


@pytest.fixture(scope="module", params=[*EMBEDDED, "opensearch"])
def indexed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Five articles, on each engine."""
    folder, url, prefix = tmp_path_factory.mktemp(request.param), "", ""
    if request.param == "opensearch":
        prefix = f"test-{uuid.uuid4().hex[:12]}-"
        url = f"{','.join(request.getfixturevalue('cluster'))}/{prefix}filters"
    archive = Archive(folder / "posts", folder / "index", request.param, url)
    _fill(archive)
    yield archive
    if prefix:
        remove_indices(prefix)


@pytest.fixture
def filtered(indexed: Archive) -> Iterator[Searcher]:
    with closing(Searcher(indexed.directory, SearchSettings(), calendar_clock=NOW.timestamp)) as searcher:
        yield searcher


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("site")
    archive = Archive(folder / "posts", folder / "index")
    _fill(archive)
    with site_of(archive.directory) as client:
        yield client


CASES: list[tuple[dict[str, Any], str]] = [
    ({"category": ("新闻", "体育")}, "abcd"),
    ({"category": ("新闻/本地", "體育")}, "acd"),
    ({"category": ("没有", "体育")}, "cd"),
    ({"category": ("没有", "也没有")}, ""),
    ({"tag": ("地铁", "足球")}, "abc"),
    ({"tag": ("c++", "a, b")}, "e"),
    ({"author": ("张三", "李四")}, "abc"),
    ({"author": ("张三", "李四"), "tag": ("足球", "票价")}, "ac"),
    ({"without": {"category": ("新闻",)}}, "cde"),
    ({"without": {"category": ("新闻/本地", "体育")}}, "be"),
    ({"without": {"tag": ("地铁", "足球")}}, "de"),
    ({"without": {"author": ("张三",)}}, "bde"),
    ({"author": ("张三",), "without": {"tag": ("票价",)}}, "c"),
    ({"category": ("新闻",), "without": {"category": ("新闻/国际",)}}, "a"),
    ({"category": ("体育",), "without": {"category": ("体育",)}}, ""),
    ({"without": {"category": ("没有",)}}, "abcde"),
    ({"start": "-30d"}, "ab"),
    ({"start": "-1y"}, "abcd"),
    ({"start": "上个月", "end": "上个月"}, "c"),
    ({"start": "去年", "end": "去年"}, "d"),
    ({"start": "６月", "end": "last month"}, "cd"),
    ({"end": "-30d"}, "cd"),
]


@pytest.mark.parametrize(("filters", "wanted"), CASES)
@pytest.mark.parametrize("text", ["", "城市"])
def test_several_values_and_values_left_out(
    filtered: Searcher, filters: dict[str, Any], wanted: str, text: str
) -> None:
    results = search(filtered, text, **filters)
    assert sorted(ids(results)) == list(wanted)
    assert results.total == len(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("date:-30d", "ab"), ("date:上个月", "c"), ("date:last month 城市", "c"), ("-date:-1y 城市", "e")],
)
def test_words_and_spans_in_a_query(filtered: Searcher, text: str, wanted: str) -> None:
    assert sorted(ids(search(filtered, text))) == list(wanted)


def test_what_else_could_be_chosen_is_counted_without_the_filter(filtered: Searcher) -> None:
    results = search(filtered, "城市", author=("张三",), tag=("地铁",))
    assert [(each.value, each.count) for each in results.facets["author"]] == [("张三", 1)]
    found = filtered.alternatives(results.request)
    assert {name: {each.value: each.count for each in values} for name, values in found.items()} == {
        "author": {"张三": 1, "李四": 1},
        "tag": {"地铁": 1, "票价": 1, "足球": 1},
    }
    assert filtered.alternatives(search(filtered, "城市").request) == {}


def test_the_reasons_for_no_results_name_what_is_left_out(filtered: Searcher) -> None:
    results = search(filtered, "城市", tag=("足球",), without={"author": ("张三", "赵六")})
    assert results.zero_results is not None
    assert [(part.kind, part.text, part.total, part.rest_total) for part in results.zero_results.parts] == [
        ("text", "城市", 5, 0),
        ("tag", "足球", 1, 3 - 1),
        ("-author", "张三 | 赵六", 2, 1),
    ]
    assert results.zero_results.unfiltered == 5


def test_a_range_behind_the_newest_article_is_said(filtered: Searcher) -> None:
    notes = search(filtered, "城市", start="-0d").notes
    assert [str(note) for note in notes] == [
        "The newest article is of 2024-03-30, before the range of dates."
    ]
    assert not search(filtered, "城市", start="-1d").notes


QUERY = "q=城市&category=新闻&category=体育&-author=李四&-tag=足球"


@pytest.mark.parametrize("door", ["/api/search", "/search", "/feed.atom", "/search.csv", "/search.jsonl"])
def test_every_address_takes_them(site: FlaskClient, door: str) -> None:
    answer = site.get(f"{door}?{QUERY}")
    assert answer.status_code == 200
    if door.endswith(".csv"):
        found = [row["id"] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))]
    elif door.endswith(".jsonl"):
        found = [json.loads(line)["id"] for line in answer.text.splitlines()]
    elif door == "/api/search":
        found = [hit["id"] for hit in answer.json["hits"]]
    elif door == "/search":
        links = page_at(site, f"{door}?{QUERY}&fold=off").select(".hit h2 a")
        found = [urlsplit(str(link["href"])).path.rpartition("/")[2] for link in links]
    else:
        found = [each for each in ROWS if f"/article/{each}<" in answer.text]
    assert sorted(found) == ["a", "d"]


def test_the_terminal_takes_them(site: FlaskClient) -> None:
    directory = site.application.extensions["souwen"].settings.index
    words = "search 城市 --category 新闻 --category 体育 --not-author 李四 --not-tag 足球 --no-fold --json"
    result = CliRunner().invoke(souwen, [*words.split(), "--index", str(directory)])
    assert sorted(hit["id"] for hit in json.loads(result.output)["hits"]) == ["a", "d"]
    result = CliRunner().invoke(souwen, ["search", "城市", "--from", "-30d", "--index", str(directory)])
    assert result.exit_code == 1  # that is long ago
    assert "The newest article is of 2024-03-30" in result.output


def _asked(address: object) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(str(address)).query)


def _pick(page: Tag, value: str) -> Tag:
    return next(item for item in page.select(".facets .pick") if item.a.span.text == value)


def test_check_boxes_are_links(site: FlaskClient) -> None:
    page = page_at(site, "/search", q="城市")
    page = page_at(site, str(_pick(page, "张三").a["href"]))
    # The others are still there, to be added.
    page = page_at(site, str(_pick(page, "李四").a["href"]))
    assert one(page, ".summary strong").text == "3"
    assert [item.span.text for item in page.select(".facets .pick > a[aria-current]")] == ["张三", "李四"]
    assert len(page.select(".chips a:not(.plain)")) == 2
    less = page_at(site, str(_pick(page, "张三").a["href"]))
    assert _asked(one(less, "link[rel=alternate]")["href"]) == [("q", "城市"), ("author", "李四")]
    without = page_at(site, str(one(_pick(page, "李四"), ".not")["href"]))
    assert _asked(one(without, "link[rel=alternate]")["href"]) == [
        ("q", "城市"),
        ("author", "张三"),
        ("-author", "李四"),
    ]
    assert "out" in _pick(without, "李四")["class"]
    assert "作者不是李四" in without.select(".chips a")[1].text
    back = page_at(site, str(one(_pick(without, "李四"), ".not")["href"]))
    assert _asked(one(back, "link[rel=alternate]")["href"]) == [("q", "城市"), ("author", "张三")]


def test_a_category_replaces_the_one_that_it_is_in(site: FlaskClient) -> None:
    page = page_at(site, "/search", q="城市", category="新闻")
    inside = page_at(site, str(_pick(page, "本地").a["href"]))
    assert _asked(one(inside, "link[rel=alternate]")["href"]) == [("q", "城市"), ("category", "新闻/本地")]
    beside = page_at(site, str(_pick(inside, "国际").a["href"]))
    assert one(beside, ".summary strong").text == "2"
    whole = page_at(site, str(_pick(beside, "新闻").a["href"]))
    assert _asked(one(whole, "link[rel=alternate]")["href"]) == [("q", "城市"), ("category", "新闻")]


def test_typing_keeps_every_filter(site: FlaskClient) -> None:
    page = page_at(site, f"/search?{QUERY}&from=2023&fold=off")
    for form in (one(page, "#kept"), one(page, ".range")):
        kept = [(field["name"], field["value"]) for field in form.select("input[type=hidden]")]
        assert [pair for pair in kept if pair[0] not in ("q", "from", "fold")] == [
            ("category", "新闻"),
            ("category", "体育"),
            ("-tag", "足球"),
            ("-author", "李四"),
        ]


@pytest.mark.parametrize("door", ["/api/search", "/search", "/feed.atom", "/search.csv", "/search.jsonl"])
def test_a_thousand_filters_are_refused_with_a_sentence(site: FlaskClient, door: str) -> None:
    many = "&".join(f"tag={number}" for number in range(1000))
    answer = site.get(f"{door}?q=城市&{many}", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "1,000 values of category, tag and author, and 50 are allowed." in answer.text
    same = "&".join(["tag=地铁"] * 1000)
    assert site.get(f"{door}?q=城市&{same}").status_code == 200


HOSTILE = ('"><script>alert(1)</script>', "a&tag=b", "%00\0", "\ud800", "a" * 3000, "‮甲", "'; DROP", "=1+1")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["tag", "-tag", "category", "-author"])
def test_hostile_values_do_no_harm(site: FlaskClient, name: str, value: str) -> None:
    page = page_at(site, "/search", **{"q": "城市", name: value.encode("utf-8", "replace")})
    assert [script.get("src", "") for script in page.select("script")] != [""]
    assert len(page.select("script:not([src])")) == 0
    assert page.select(".chips a")


# Dates that can't be read


def test_an_unreadable_date_loses_nothing(site: FlaskClient) -> None:
    page = page_at(site, "/search", q="城市", tag="地铁", **{"from": "去年的今天", "to": "2024"})
    assert one(page, "#q")["value"] == "城市"
    assert one(page, ".range [name=from]")["value"] == "去年的今天"
    assert one(page, ".range [name=from]")["aria-invalid"] == "true"
    assert one(page, ".range [name=to]")["value"] == "2024"
    assert "'去年的今天' 不是日期" in one(page, ".notes").text
    assert one(page, ".summary strong").text == "2"
    assert site.get("/api/search?q=城市&from=去年的今天").status_code == 400


def test_an_error_page_keeps_what_was_typed(site: FlaskClient) -> None:
    answer = site.get("/search", query_string={"q": "长" * 1001})
    assert answer.status_code == 400
    assert "长" * 1001 in answer.text


def test_filters_are_blamed_where_they_are_to_blame(site: FlaskClient) -> None:
    page = page_at(site, "/search", q="城市", tag="没有")
    assert "通过筛选的文章中没有" in one(page, ".empty .big").text
    assert one(page, ".empty .button")["href"] == "/search?q=%E5%9F%8E%E5%B8%82"
    assert one(page, ".facets")
    page = page_at(site, "/search", q='"没有这句"', tag="地铁")
    assert "没有文章包含" in one(page, ".empty .big").text


def test_spans_have_labels_in_words(site: FlaskClient) -> None:
    page = page_at(site, "/search", q="城市", **{"from": "-30d"})
    assert "最近 30 天" in one(page, ".chips a").text
    assert page_at(site, "/search", q="城市", **{"from": "-1y"}).select(".chips a")
