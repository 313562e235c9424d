"""The pages: what they show, where they lead, what they say when something is wrong."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from pages import link_of, one, page_at
from whoosh import query

from index.settings import zone
from search.query.parser import parse_query
from search.request import SearchRequest
from search.settings import SearchSettings
from web.app import create_app
from web.context import Context
from web.query_help import SECTIONS
from web.settings import WebSettings

ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_first_page_shows_the_archive_and_ways_into_it(client: FlaskClient) -> None:
    page = page_at(client, "/")
    assert "71" in one(page, ".extent").text
    assert len(page.select("#newest + .titles > li")) == 10
    examples = page.select(".examples a")
    assert len(examples) >= 4
    for example in examples:
        assert int(re.sub(r"\D", "", one(page_at(client, str(example["href"])), ".summary strong").text)) > 0
    assert page_at(client, "/search").title == page.title


def test_results_have_what_a_reader_needs(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江 地铁")
    found = json.loads(client.get("/api/search?q=临江 地铁").data)
    assert one(page, "#q")["value"] == "临江 地铁"
    assert one(page, ".summary strong").text == str(found["total"])
    hit = page.select(".hit")[0]
    assert one(hit, "h2").decode_contents().count("<mark>") == found["hits"][0]["title_html"].count("<mark>")
    assert hit.select(".snippet mark")
    assert one(hit, "time")["datetime"] == found["hits"][0]["date"]
    thumbnail = one(hit, "img")
    assert [thumbnail[name] for name in ("loading", "referrerpolicy", "alt")] == ["lazy", "no-referrer", ""]
    assert one(page, ".relaxed").text == "以下结果只包含部分词语"
    before, after = page.select("ol.hits")
    assert len(before.select("li")) == found["total"]
    assert after["start"] == str(found["total"] + 1)
    lacking = found["hits"][found["total"]]["missing"]
    assert one(after.select("li")[0], ".missing span").text == " ".join(lacking)
    required = page_at(client, link_of(after.select("li")[0], ".missing a"))
    assert required.select(".hit")
    assert not any(word in each.text for each in required.select(".missing span") for word in lacking)
    assert link_of(page, ".pages a[rel=next]") == f"/search?q={quote('临江')}+{quote('地铁')}&page=2"


def test_partial_matches_on_a_later_page_are_announced_on_top(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江 地铁", page=2)
    assert len(page.select(".relaxed")) == 1
    assert one(page, "ol.hits")["start"] == "11"


def test_filters_narrow_and_can_be_taken_away(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江")
    category = next(str(a["href"]) for a in page.select(".facets a") if "金融" in a.text)
    page = page_at(client, category)
    chip = one(page, ".chips a")
    assert "金融" in chip.text
    assert chip["href"] == f"/search?q={quote('临江')}"
    assert one(page, ".facets a[aria-current]")
    page = page_at(client, "/search", q="临江", author="临江财经", **{"from": "2023", "to": "2023"})
    assert [re.sub(r"\s|（去掉）|×", "", chip.text) for chip in page.select(".chips a:not(.plain)")] == [
        "作者临江财经",
        "时间2023",
    ]
    assert {time["datetime"][:4] for time in page.select(".hit time")} == {"2023"}
    # A new query keeps the filters.
    hidden = {field["name"]: field["value"] for field in page.select(".box input[type=hidden]")}
    assert hidden == {"author": "临江财经", "from": "2023", "to": "2023"}


def test_sorting_keeps_the_rest(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="临江", category="金融", page=1)
    newest = next(str(a["href"]) for a in page.select(".sorts a") if a.text == "最新")
    dates = [str(time["datetime"]) for time in page_at(client, newest).select(".hit time")]
    assert dates == sorted(dates, reverse=True)
    assert "category=" in newest


def test_pages_end_where_the_settings_say(example_index: Path) -> None:
    app = create_app(WebSettings(index=str(example_index), max_hits=20))
    client = app.test_client()
    page = page_at(client, "/search", q="的", size=2, page=5)
    numbers = [number.text for number in page.select(".pages > :not([rel])")]
    assert numbers == ["1", "2", "3", "4", "5", "6", "7", "…", "10"]
    assert one(page, ".pages [aria-current=page]").text == "5"
    last = page_at(client, "/search", q="的", size=2, page=10)
    assert not last.select(".pages [rel=next]")
    assert "前 20 篇" in one(last, ".capped").text
    assert client.get("/search?q=的&size=2&page=11").status_code == 400
    beyond = page_at(client, "/search", q="放管服", size=2, page=9)
    assert link_of(beyond, ".empty .button") == f"/search?q={quote('放管服')}&size=2"
    app.extensions["souwen"].close()


def test_nothing_found_is_said_with_ways_on(client: FlaskClient) -> None:
    page = page_at(client, "/search", q='"绝无此句绝无此句"', category="金融")
    empty = one(page, ".empty")
    assert "绝无此句" in empty.text
    assert "引号" in empty.text
    assert any("category" not in str(a["href"]) and "q=" in str(a["href"]) for a in empty.select("a"))


def test_what_was_not_understood_is_said_in_chinese(client: FlaskClient) -> None:
    notes = one(page_at(client, "/search", q='临江 "地铁'), ".notes").text
    assert "引号" in notes
    assert not re.search(r"[A-Z][a-z]+ [a-z]+ ", notes)


def test_reading_marks_the_hits_and_leads_back(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="成交面积", page=1, sort="newest")
    page = page_at(client, link_of(page, "h2:has(mark) a"))
    assert link_of(page, ".back a:first-child") == f"/search?q={quote('成交面积')}&sort=newest"
    assert one(page, "h1").text == "1-5月临江市新建商品住宅成交面积同比下降18.0%"
    assert one(page, "h1 mark").text == "成交面积"
    prose = one(page, ".prose")
    assert one(page, "#h1") is prose.select("mark")[0]
    assert {mark.text for mark in prose.select("th mark")} == {"成交面积"}
    assert "江上风来" not in prose.text  # the QR block
    assert "责任编辑" not in prose.text
    assert "沈知夏" in one(page, "article header .meta").text
    assert page.select(".similar li")


def test_a_hit_across_tags_is_marked_in_all_its_parts(client: FlaskClient) -> None:
    page = page_at(client, "/search", q="“中国式家长会”")
    prose = one(page_at(client, link_of(page, ".hit h2 a")), ".prose")
    assert "中国式家长会" in "".join(mark.text for mark in prose.select("mark"))
    assert prose.select("b mark")


def test_marks_change_nothing_but_add_themselves(app: Flask, client: FlaskClient) -> None:
    context: Context = app.extensions["souwen"]
    for hit in context.searcher.search(SearchRequest("的 a 临江", size=15)).hits:
        path = f"/article/{hit.article.id}"
        plain, marked = (
            one(page_at(client, path, q=query), ".prose") for query in ("", "的 a 临江 图书馆 正则")
        )
        for mark in marked.select("mark"):
            mark.unwrap()
        assert marked.decode() == plain.decode()


@pytest.mark.parametrize("path", ["/help", "/about"])
def test_pages_about_the_site(client: FlaskClient, path: str) -> None:
    page = page_at(client, path)
    assert one(page, f'.site a[href="{path}"]')["aria-current"] == "page"
    assert one(page, "h1")
    if path == "/about":
        assert "71" in one(page, ".figures").text
        assert page.select("svg rect")


@pytest.mark.parametrize("form", [e for section in SECTIONS for form in section.forms for e in form.examples])
def test_every_example_of_the_help_page_is_understood(form: str) -> None:
    parsed = parse_query(form, SearchSettings(), zone("Asia/Shanghai"))
    assert parsed.tree is not query.NullQuery
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nope", 404, "这里没有内容"),
        ("/article/nope", 404, "这里没有内容"),
        ("/search?q=a&page=abc", 400, "page：不能是 'abc'"),
        ("/?page=-1", 400, "1 以上的整数"),
        ("/search?q=" + "长" * 1001, 400, "1,000"),
        ("/article/radio-001?q=" + "长" * 1001, 400, "1,000"),
        ("/feed.atom?size=101", 400, "1 到 100"),
    ],
)
def test_errors_are_pages(client: FlaskClient, path: str, status: int, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    page = BeautifulSoup(answer.text, "lxml")
    assert said in one(page, "main").text
    assert page.select("#q")


def test_other_methods_are_refused(client: FlaskClient) -> None:
    answer = client.post("/search")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("damage", ["missing", "damaged", "format"])
def test_an_index_that_cannot_be_read_is_a_503_with_the_command_that_mends_it(
    tmp_path: Path, example_index: Path, damage: str
) -> None:
    directory = tmp_path / "index"
    if damage != "missing":
        generation = directory / "gen-000001"
        generation.mkdir(parents=True)
        (directory / "current").write_text("gen-000001\n")
        meta = json.loads(next(example_index.glob("gen-*/meta.json")).read_text())
        meta |= {"format": 99} if damage == "format" else {}
        (generation / "meta.json").write_text(json.dumps(meta))
    client = create_app(WebSettings(index=str(directory))).test_client()
    for path in ("/", "/search?q=a", "/article/a", "/about", "/feed.atom"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        command = one(BeautifulSoup(answer.text, "lxml"), ".command").text
        assert command.startswith("souwen index FOLDER ")
        assert command.endswith(f"--index {directory}")
    for path in ("/api/search?q=a", "/healthz"):
        answer = client.get(path)
        assert answer.status_code == 503
        error = json.loads(answer.data)["error"]
        expected = {"missing": "no_index", "damaged": "index_damaged", "format": "index_mismatch"}
        assert error["code"] == expected[damage]
        assert f"--index {directory}" in error["message"]
    assert client.get("/help").status_code == 200
    assert client.get("/healthz/live").status_code == 200


def test_a_broken_page_shows_no_stack_trace(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(app.extensions["souwen"].searcher), "overview", fail)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/search?q=临江", "/article/radio-001", "/about", "/api/search?q=临江"]
)
def test_an_unchanged_page_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data
    assert "Content-Security-Policy" in again.headers
    other = client.get("/search?q=地铁", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_static_files_are_kept_for_ever_under_their_version(client: FlaskClient) -> None:
    page = page_at(client, "/")
    address = link_of(page, "link[rel=stylesheet]")
    size = 0
    for used in (address, *(str(script["src"]) for script in page.select("script"))):
        with client.get(used) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            size += len(answer.data)
    assert size <= 60_000  # both together, as they are
    with client.get(address.split("?")[0]) as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
    assert client.get("/static/../app.py").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/healthz/live"])
def test_health(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, json.loads(answer.data)) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("how", ["proxy", "server"])
def test_everything_works_under_a_prefix(client: FlaskClient, how: str) -> None:
    def get(path: str) -> BeautifulSoup:
        if how == "proxy":
            answer = client.get(path, headers={"X-Forwarded-Prefix": "/archive"})
        else:
            answer = client.get(path, environ_overrides={"SCRIPT_NAME": "/archive"})
        assert answer.status_code == 200
        return BeautifulSoup(answer.text, "lxml")

    for path in ("/", "/search?q=临江&category=金融", "/article/radio-001?q=自行车", "/help", "/about"):
        page = get(path)
        names = ("href", "src", "action", "data-suggest", "data-article")
        addresses = [str(tag[name]) for tag in page.find_all(True) for name in names if name in tag.attrs]
        assert len(addresses) > 5
        for address in addresses:
            assert address.startswith(
                ("/archive/", "#", "?", "https://", "http://images", "http://localhost/archive/")
            ), address


@pytest.mark.slow
def test_every_link_of_a_page_leads_somewhere(client: FlaskClient) -> None:
    seen = set()
    for path in ("/", "/search?q=临江", "/article/radio-001?q=自行车", "/help", "/about"):
        for link in page_at(client, path).select("a[href], link[href]"):
            address = str(link["href"]).split("#")[0]
            if address.startswith("/") and address not in seen:
                seen.add(address)
                with client.get(address) as answer:
                    assert answer.status_code == 200, address
    assert len(seen) > 100


def test_the_feed_is_atom(client: FlaskClient) -> None:
    answer = client.get("/feed.atom?q=临江&size=5")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.data)
    assert [child.tag for child in feed][:2] == [f"{ATOM}title", f"{ATOM}id"]
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 5
    dates = [entry.findtext(f"{ATOM}updated", "") for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert feed.findtext(f"{ATOM}updated") == dates[0]
    for entry in entries:
        address = entry.findtext(f"{ATOM}id", "")
        assert address.startswith("http://localhost/article/")
        summary = BeautifulSoup(entry.findtext(f"{ATOM}summary", ""), "lxml")
        assert summary.select("p")
    assert len(ET.fromstring(client.get("/feed.atom").data).findall(f"{ATOM}entry")) == 10


def test_browsers_can_add_the_search(client: FlaskClient) -> None:
    description = ET.fromstring(client.get("/opensearch.xml").data)
    urls = {url.get("type"): url.get("template") for url in description.iter() if url.tag.endswith("}Url")}
    assert urls["text/html"] == "http://localhost/search?q={searchTerms}&page={startPage?}"
