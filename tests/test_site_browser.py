"""A published search in a real browser, on a host of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import Archive
from axe_playwright_python.sync_playwright import Axe
from browser import Visitor
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect
from static_host import Plain, hosting

from cli.site import site_command
from search.request import SearchRequest
from search.searcher import Searcher

pytestmark = pytest.mark.slow

CASES = json.loads((Path(__file__).parent / "cases" / "site.json").read_text(encoding="utf-8"))
ASK = """async (queries) => {
  const search = await souwenSite.open(new URL("souwen/", location.origin));
  const found = [];
  for (const query of queries) found.push(await search.search(query));
  return found;
}"""
ITEMS = "#souwen ol li:not(.partial)"


def _write(index: Path, public: Path) -> Path:
    done = CliRunner().invoke(
        site_command, [str(public / "souwen"), "--index", str(index)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return public


@pytest.fixture(scope="module")
def public(example_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example archive as a published site, with a search in a folder of its own."""
    return _write(example_index, tmp_path_factory.mktemp("public"))


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Opens windows on a host."""
    opened: list[Visitor] = []

    def open_window(host: str, **options: Any) -> Visitor:
        opened.append(Visitor(browser, host.rstrip("/"), **options))
        return opened[-1]

    yield open_window
    for person in opened:
        person.close()


def _type(page: Page, text: str) -> None:
    page.locator("#souwen input").fill(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("handler", ["ranges", "none"])
def test_it_finds_what_souwen_finds_in_the_same_order(
    public: Path, searcher: Searcher, window: Callable[..., Visitor], handler: str
) -> None:
    with hosting(public, Plain) if handler == "none" else hosting(public) as host:
        queries = [query for case in CASES for query in case["queries"]]
        page = window(host).open("/souwen/")
        found = page.evaluate(ASK, queries)
    for query, there in zip(queries, found, strict=True):
        here = searcher.search(SearchRequest(query, fold="off"))
        assert (there["total"], there["isBound"]) == (here.total, False), query
        assert there["partial"] == here.partial, query
        assert [hit["title"] for hit in there["hits"][: here.total]] == [
            hit.article.title for hit in here.hits[: here.total]
        ], query


def test_a_visitor_searches_by_keyboard_and_shares_the_address(
    public: Path, window: Callable[..., Visitor]
) -> None:
    with hosting(public) as host:
        person = window(host, locale="zh-TW")
        page = person.open("/souwen/")
        _type(page, "臨江 地鐵")
        expect(page.locator("#souwen [role=status]")).to_have_text("共 3 篇")
        expect(page.locator(f"{ITEMS} mark").first).to_have_text("临江地铁")
        assert "q=" in page.url
        again = window(host, locale="en").open(page.url.removeprefix(host.rstrip("/")))
        expect(again.locator("#souwen input")).to_have_value("臨江 地鐵")
        expect(again.locator("#souwen [role=status]")).to_have_text("Articles: 3")
        _type(page, "的")
        expect(page.locator(ITEMS)).to_have_count(10)
        page.get_by_role("button", name="更多結果").click()
        expect(page.locator(ITEMS)).to_have_count(20)
        _type(page, "tensor?low")
        expect(page.locator("#souwen")).to_contain_text("此搜尋不支援 ? 和 ~")
        assert person.complaints == []


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("zh-CN", "light", 1280), ("en", "dark", 375), ("zh-TW", "dark", 375)]
)
def test_nobody_is_kept_out(
    public: Path, window: Callable[..., Visitor], locale: str, scheme: str, width: int
) -> None:
    with hosting(public) as host:
        person = window(host, locale=locale, color_scheme=scheme, viewport={"width": width, "height": 800})
        page = person.open("/souwen/?q=临江")
        expect(page.locator(ITEMS)).to_have_count(10)
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        assert person.complaints == []


HOSTILE = [
    {
        "id": "a",
        "title": "<img src=x onerror=alert(1)>灯塔",
        "text": "</p><script>alert(2)</script>灯塔亮了",
        "url": "javascript:alert(3)",
    },
    {"id": "b", "title": "灯塔\u202e", "text": "灯塔“” & <mark>x</mark>", "url": "data:text/html,x"},
    {"id": "c", "title": "灯塔", "text": "灯塔", "url": "/posts/灯塔 1/", "tags": ["<b>", "x\ny"]},
    {"id": "d", "title": "", "text": "长" * 150_000 + "灯塔在最后", "url": "//elsewhere.example/a"},
]


def test_articles_are_text_and_nothing_else(
    archive: Archive, window: Callable[..., Visitor], tmp_path: Path
) -> None:
    archive.write("a.jsonl", "".join(json.dumps(each) + "\n" for each in HOSTILE))
    archive.sync()
    public = _write(archive.directory, tmp_path / "public")
    (public / "post.html").write_text(
        '<!doctype html><html lang="en"><title>A post</title><h1>Post</h1><input id="q">'
        '<script src="souwen/souwen-site.js" data-souwen></script><p>end</p></html>'
    )
    with hosting(public) as host:
        person = window(host)
        page = person.open("/post.html")
        page.get_by_role("searchbox").fill("灯塔")
        expect(page.locator("ol li")).to_have_count(4)
        assert page.locator("ol img, ol script, ol b").count() == 0
        links = page.locator("ol a").evaluate_all("all => all.map((each) => each.href)")
        assert sorted(links) == [f"{host}posts/%E7%81%AF%E5%A1%94%201/", "http://elsewhere.example/a"]
        expect(page.locator("ol")).to_contain_text("灯塔在最后")
        assert person.complaints == []


def test_a_search_that_was_replaced_is_loaded_again(
    archive: Archive, window: Callable[..., Visitor], tmp_path: Path
) -> None:
    archive.lines("a.jsonl", {"a": "灯塔亮了", "b": "船来了"})
    archive.sync()
    public = _write(archive.directory, tmp_path / "public")
    with hosting(public) as host:
        page = window(host).open("/souwen/?q=灯塔")
        expect(page.locator(ITEMS)).to_have_count(1)
        pieces = public / "souwen" / "pieces"
        for path in pieces.iterdir():
            path.unlink()
        archive.write("b.jsonl", '{"id": "c", "title": "面馆", "text": "灯塔旁的面馆", "author": "某人"}\n')
        archive.sync()
        _write(archive.directory, public)
        _type(page, "author:某人")
        expect(page.locator(ITEMS)).to_have_count(1)
        for path in pieces.iterdir():
            path.rename(path.with_suffix(".away"))
        page.reload()
        again = page.locator("#souwen [role=status] button")
        expect(again).to_be_visible()
        for path in pieces.iterdir():
            path.rename(path.with_suffix(".bin"))
        again.click()
        expect(page.locator(ITEMS)).to_have_count(1)


def test_a_page_that_is_a_file_says_what_to_do(public: Path, browser: Browser) -> None:
    page = browser.new_page(locale="en")
    page.goto((public / "souwen" / "index.html").as_uri())
    page.locator("#souwen input").fill("灯塔")
    expect(page.locator("#souwen [role=status]")).to_contain_text("python -m http.server")
    page.close()


def test_a_browser_that_is_too_old_is_told(public: Path, browser: Browser) -> None:
    with hosting(public) as host:
        page = browser.new_page(locale="zh-CN")
        page.add_init_script("delete globalThis.DecompressionStream")
        page.goto(f"{host}souwen/?q=灯塔")
        expect(page.locator("#souwen [role=status]")).to_contain_text("浏览器版本过旧")
        page.close()


def test_every_message_is_in_every_language(public: Path, browser: Browser) -> None:
    with hosting(public) as host:
        page = browser.new_page()
        page.goto(f"{host}souwen/")
        messages = page.evaluate("souwenSite.messages")
        page.close()
    names = {language: set(texts) for language, texts in messages.items()}
    assert names["en"] == names["zh-Hans"] == names["zh-Hant"]
    for name in names["en"]:
        assert len({texts[name].count("{}") for texts in messages.values()}) == 1, name
