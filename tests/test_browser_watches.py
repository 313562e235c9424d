"""Watches, the last searches and stars, which the browser keeps."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from archive import Archive
from browser import Visitor, serving
from playwright.sync_api import Browser, Page, expect

Visit = Callable[..., Visitor]
PHONE = {"width": 360, "height": 740}
HOSTILE = '"><img src=x onerror=alert(1)>\u0007🚇=1+1'


def _kept(page: Page, name: str) -> Any:
    return json.loads(page.evaluate(f"localStorage.getItem('souwen.{name}') ?? '[]'"))


def _keep(page: Page, **lists: Any) -> None:
    for name, values in lists.items():
        page.evaluate(
            "([name, value]) => localStorage.setItem(name, value)", [f"souwen.{name}", json.dumps(values)]
        )


def _download(page: Page, kind: str) -> str:
    with page.expect_download() as download:
        page.locator(f"[data-save={kind}]").click()
    return Path(download.value.path()).read_bytes().decode()


# Watches


def test_a_watch_has_the_name_of_its_query_and_filters(visit: Visit) -> None:
    page = visit(locale="zh-CN").open("/search?q=临江&category=金融&from=-9y&page=2&size=5")
    save = page.locator(".save")
    expect(save).to_have_text("关注此搜索")
    save.click()
    expect(save).to_have_text("已关注")
    page.goto("/")
    watch = page.locator("#saved li")
    expect(watch.locator("a").first).to_have_text("临江 · 分类 金融 · 最近 9 年")
    watch.locator("button").first.click()
    page.keyboard.type("我的关注")
    page.keyboard.press("Enter")
    expect(watch.locator("a").first).to_have_text("我的关注")
    page.reload()
    watch.locator("a").first.click()
    expect(page.locator(".save")).to_have_attribute("aria-pressed", "true")
    assert "from=-9y" in page.url  # it stays relative
    assert "page" not in page.url
    page.goto("/")
    page.locator("#saved button").last.click()
    expect(page.locator("#saved")).to_be_hidden()


@pytest.fixture
def growing(browser: Browser, archive: Archive) -> Iterator[tuple[Archive, Visitor]]:
    """An archive that grows, and a reader of it."""
    archive.lines("a.jsonl", {"a": "城市 地铁", "b": "城市"})
    archive.sync()
    with serving(archive.directory) as address:
        visitor = Visitor(browser, address, locale="zh-CN")
        yield archive, visitor
        visitor.close()
        assert visitor.complaints == []


@pytest.mark.parametrize("query", ["城市", "地铁 OR 城市"])
def test_what_is_new_since_the_last_visit_is_counted(growing: tuple[Archive, Visitor], query: str) -> None:
    archive, visitor = growing
    page = visitor.open(f"/search?q={query}")
    page.locator(".save").click()
    page.goto("/")
    expect(page.locator("#saved li")).to_have_count(1)
    expect(page.locator(".fresh")).to_be_hidden()
    archive.lines("b.jsonl", {"c": "城市 公交", "d": "别的"})
    archive.sync()
    page.wait_for_timeout(1500)  # until the server has noticed
    page.reload()
    expect(page.locator(".fresh")).to_have_text("1 篇新的")
    page.locator(".fresh").click()
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hits + .relaxed")).to_have_text("上次看到这里：查看全部结果")
    expect(page.locator(".save")).to_have_attribute("aria-pressed", "true")
    page.locator(".hits + .relaxed a").click()
    expect(page.locator("#q")).to_have_value(query)
    page.goto("/")
    expect(page.locator("#saved li")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".fresh")).to_be_hidden()


def test_searches_that_were_saved_before_are_watches(visit: Visit) -> None:
    page = visit().open("/")
    _keep(page, saved=[{"query": "q=临江", "label": "临江"}])
    page.reload()
    expect(page.locator("#saved li a").first).to_have_text("临江")


def test_the_empty_box_offers_watches_and_the_last_searches(visit: Visit) -> None:
    page = visit().open("/search?q=漂浮")
    page.locator(".save").click()
    for number in range(12):
        page.goto(f"/search?q=临江+{number}")
    page.goto("/")
    assert len(_kept(page, "recent")) == 10
    box = page.locator("#q")
    box.click()
    options = page.locator("#found li")
    expect(options).to_have_count(11)
    expect(options.first).to_have_text("★ 漂浮")
    expect(options.nth(1)).to_have_text("临江 11")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=.*11$"))
    page.goto("/")
    box.click()
    options.first.click()
    expect(page).to_have_url(re.compile(r"/search\?q=%E6%BC%82%E6%B5%AE$"))
    page.goto("/")
    box.click()
    box.press("a")
    expect(page.locator("#found [data-href]")).to_have_count(0)


# Stars


def test_stars_are_listed_and_exported(visit: Visit) -> None:
    page = visit(accept_downloads=True).open("/search?q=临江+地铁")
    title = page.locator(".hit h2").first.inner_text()
    page.locator(".hit .star").first.click()
    expect(page.locator(".hit .star").first).to_have_attribute("aria-pressed", "true")
    page.goto("/article/radio-001")
    page.locator(".reading main > article .star").click()
    other = page.locator("h1").inner_text()
    page.goto("/watches")
    expect(page.locator("#stars li a")).to_have_text([other, title])
    rows = list(csv.DictReader(io.StringIO(_download(page, "csv").removeprefix("\ufeff"))))
    assert [row["title"] for row in rows] == [other, title]
    assert rows[0]["id"] == "radio-001"
    ris = _download(page, "ris")
    assert ris.count("TY  - ") == ris.count("ER  - ") == 2
    assert f"TI  - {other}\r\n" in ris
    page.locator("#stars li button").first.click()
    expect(page.locator("#stars li")).to_have_count(1)


def test_everything_moves_to_another_browser(visit: Visit) -> None:
    page = visit().open("/watches")
    _keep(
        page,
        watches=[{"query": "q=临江", "label": HOSTILE, "seen": "2026-01-04T00:00:00Z"}],
        stars=[{"id": "a/b?c", "title": HOSTILE, "author": "甲\nER  - ", "date": "", "url": "javascript:1"}],
    )
    page.reload()
    expect(page.locator("#saved li a").first).to_have_text(HOSTILE)
    opml = ElementTree.fromstring(_download(page, "opml"))
    (outline,) = opml.iter("outline")
    assert outline.get("text") == HOSTILE.replace("\u0007", "")
    assert "/feed.atom?q=%E4%B8%B4%E6%B1%9F" in str(outline.get("xmlUrl"))
    ris = _download(page, "ris")
    assert ris.count("\r\nER  - ") == 1
    (row,) = csv.DictReader(io.StringIO(_download(page, "csv").removeprefix("\ufeff")))
    assert row["title"] == HOSTILE
    saved = _download(page, "json")
    there = visit().open("/watches")
    there.locator("[data-import]").set_input_files(
        {"name": "souwen.json", "mimeType": "application/json", "buffer": saved.encode()}
    )
    expect(there.locator("#kept-told")).to_have_text("Taken in: 1 watches, 1 stars.")
    assert _kept(there, "watches") == [
        {"query": "q=%E4%B8%B4%E6%B1%9F", "label": HOSTILE, "seen": "2026-01-04T00:00:00Z"}
    ]
    link = there.locator("#stars li a").first
    expect(link).to_have_attribute("href", "/article/a%2Fb%3Fc")
    assert there.locator("#watches img").count() == 0


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", '"a"', '{"stars": 1}', "\x00\xff", '{"watches": {}}', "[" * 100_000],
)
def test_a_file_that_is_none_is_told_and_changes_nothing(visit: Visit, content: str) -> None:
    page = visit().open("/watches")
    _keep(page, watches=[{"query": "q=a", "label": "a"}])
    file = {"name": "x.json", "mimeType": "application/json", "buffer": content.encode("latin-1")}
    page.locator("[data-import]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("#kept-told")).to_contain_text("has no watches or stars")
    assert len(_kept(page, "watches")) == 1


def test_of_a_file_only_what_is_right_is_taken_in(visit: Visit) -> None:
    page = visit().open("/watches")
    content = {
        "watches": [None, 1, {"query": 2}, {"query": "q=" + "a" * 9000}, {"query": "q=b", "seen": [1]}],
        "stars": [{"id": ""}, {"id": 7}, {"id": "x", "title": {"a": 1}}, "y", {"id": "x"}],
    }
    file = {"name": "x.json", "mimeType": "application/json", "buffer": json.dumps(content).encode()}
    page.locator("[data-import]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("#kept-told")).to_have_text("Taken in: 1 watches, 1 stars.")
    assert _kept(page, "watches") == [{"query": "q=b", "label": "q=b", "seen": ""}]


def test_ten_thousand_stars(visit: Visit) -> None:
    page = visit().open("/watches")
    stars = [{"id": f"{i}", "title": "一篇文章的标题" * 3, "author": "某某报社"} for i in range(10_001)]
    file = {"name": "x.json", "mimeType": "application/json", "buffer": json.dumps({"stars": stars}).encode()}
    page.locator("[data-import]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("#kept-told")).to_have_text("Taken in: 0 watches, 10000 stars.")
    expect(page.locator("#stars .count")).to_have_text("10,000")
    expect(page.locator("#stars li")).to_have_count(100)
    page.locator("#stars .more").click()
    expect(page.locator("#stars li")).to_have_count(600)
    assert len(_download(page, "ris")) > 1_000_000
    page.goto("/search?q=临江")
    page.locator(".hit .star").first.click()
    assert len(_kept(page, "stars")) == 10_000


def test_a_browser_that_keeps_nothing_has_no_errors(visit: Visit) -> None:
    person = visit()
    person.context.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    page = person.open("/search?q=临江")
    page.locator(".save").click()
    expect(page.locator("#said")).to_have_text("This browser has no room for more, or keeps nothing.")
    for damage in ("{", '{"a":1}', "[1,null,{}]"):
        page.evaluate("(value) => { localStorage['souwen.watches'] = value; }", damage)
        page.goto("/")
        expect(page.locator("#saved")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 768, 1024, 1440])
def test_the_page_of_watches_fits(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800}).open("/watches")
    _keep(page, watches=[{"query": "q=a", "label": "很长的名称" * 30, "seen": "2026-01-04T00:00:00Z"}])
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_page_says_so(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open("/watches")
    expect(page.locator("#watches")).to_be_hidden()
    expect(page.locator("#needs-script")).to_contain_text("Atom")
