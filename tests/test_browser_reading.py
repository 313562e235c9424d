"""Reading in a real browser: the article beside the results, addresses inside a text, selected words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from archive import Archive
from axe_playwright_python.sync_playwright import Axe
from browser import Visitor, serving
from playwright.sync_api import Browser, Page, expect

Visit = Callable[..., Visitor]

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 1024, "height": 800}
PHONE = {"width": 375, "height": 812}
SEARCH = "/search?q=临江"
ARTICLE = "/article/5f79222f04e0b2e3?q=摊位"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def _whole_hits(page: Page) -> int:
    """Results that are seen as a whole, below the header."""
    count: int = page.evaluate(
        """() => { const top = document.querySelector(".top").getBoundingClientRect().bottom;
        return [...document.querySelectorAll(".hit")].map((hit) => hit.getBoundingClientRect())
          .filter((box) => box.top >= top && box.bottom <= innerHeight).length }"""
    )
    return count


def _copied(page: Page) -> str:
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def _select(page: Page, selector: str) -> None:
    page.locator(selector).evaluate(
        "element => { getSelection().removeAllRanges(); getSelection().selectAllChildren(element); }"
    )


# The list


@pytest.mark.parametrize(("view", "least"), [(WIDE, 5), (PHONE, 3)])
def test_so_many_results_are_seen_at_once(visit: Visit, view: dict[str, int], least: int) -> None:
    page = visit(viewport=view).open(SEARCH)
    assert _whole_hits(page) >= least
    # Each cut line still shows what was found.
    marks = page.locator(".snippet mark:first-of-type")
    assert marks.count() > 5
    shown = marks.evaluate_all(
        """marks => marks.map((mark) => [mark, mark.closest(".snippet")])
        .map(([mark, line]) => [mark.getBoundingClientRect().bottom, line.getBoundingClientRect().bottom])
        .map(([mark, line]) => mark <= line + 1)"""
    )
    assert all(shown)


def test_a_compact_list_and_more_results_on_a_page_are_chosen(visit: Visit) -> None:
    person = visit(viewport=WIDE)
    page = person.open(SEARCH)
    before = _whole_hits(page)
    page.locator(".menu summary").click()
    page.locator(".choices .list a").nth(1).click()
    expect(page.locator("body.compact .hit").first).to_be_visible()
    assert _whole_hits(page) > before + 1
    page.locator(".menu summary").click()
    page.locator(".choices .rows a").nth(1).click()
    expect(page.locator(".hit")).to_have_count(18)
    page = person.open(SEARCH)
    assert page.locator(".hit").count() == 18
    assert person.open(f"{SEARCH}&size=5").locator(".hit").count() == 5


# The pane


def test_results_are_read_beside_the_list(visit: Visit) -> None:
    page = visit(viewport=WIDE).open(SEARCH)
    pane = page.locator(".beside")
    titles = page.locator(".hit h2").all_inner_texts()
    expect(pane.locator("h1")).to_have_text(titles[0])
    for title in titles[:3]:
        page.keyboard.press("j")
        expect(pane.locator("h1")).to_have_text(title)
        expect(page.locator(".hit.current h2")).to_have_text(title)
    page.keyboard.press("k")
    expect(pane.locator("h1")).to_have_text(titles[1])
    page.keyboard.press("n")
    expect(pane.locator("mark.now")).to_have_count(1)
    count = pane.locator(".prose mark:not(.on)").count()
    expect(pane.locator(".hits-bar output")).to_have_text(f"1 / {count}")
    page.keyboard.press("N")
    expect(pane.locator(".hits-bar output")).to_have_text(f"{count} / {count}")
    assert "#" not in page.url
    # Enter opens it as a page.
    page.keyboard.press("Enter")
    expect(page.locator("main > article h1")).to_have_text(titles[1])


def test_a_snippet_leads_to_its_hit_in_the_pane(visit: Visit) -> None:
    page = visit(viewport=WIDE).open(SEARCH)
    snippet = page.locator(".hit").nth(3).locator(".snippet a")
    number = str(snippet.get_attribute("href")).partition("#")[2]
    snippet.click()
    expect(page.locator(".beside mark.now")).to_have_id(number)
    expect(page.locator(".beside mark.now")).to_be_in_viewport()
    assert "/search" in page.url


def test_the_pane_is_shown_and_put_away_by_a_key(visit: Visit) -> None:
    person = visit(viewport=WIDE)
    page = person.open(SEARCH)
    expect(page.locator(".beside h1")).to_be_visible()
    with page.expect_response(re.compile("pane=off")):
        page.keyboard.press("o")
    expect(page.locator(".beside")).to_be_hidden()
    page = person.open(SEARCH)
    expect(page.locator(".beside")).to_be_hidden()
    page.keyboard.press("j")
    with page.expect_response(re.compile("pane=on")):
        page.keyboard.press("o")
    expect(page.locator(".beside h1")).to_be_visible()


def test_a_fetched_article_is_fetched_once(visit: Visit) -> None:
    page = visit(viewport=WIDE).open(SEARCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    titles = page.locator(".hit h2").all_inner_texts()
    expect(page.locator(".beside h1")).to_have_text(titles[0])
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".beside h1")).to_have_text(titles[1])
    page.keyboard.press("k")
    expect(page.locator(".beside h1")).to_have_text(titles[0])
    articles = [address for address in asked if "/article/" in address]
    assert len(articles) == len(set(articles))


def test_narrow_pages_and_those_without_a_script_have_no_pane(visit: Visit) -> None:
    for options in ({"viewport": NARROW}, {"viewport": WIDE, "java_script_enabled": False}):
        page = visit(**options).open(SEARCH)
        expect(page.locator(".beside")).to_be_hidden()
        facets, results = page.locator(".facets").bounding_box(), page.locator(".hits").first.bounding_box()
        assert facets and results
        assert facets["x"] > results["x"]


# From article to article


@pytest.mark.parametrize("script", [True, False])
def test_links_lead_from_article_to_article(visit: Visit, script: bool) -> None:
    page = visit(viewport=NARROW, java_script_enabled=script, locale="zh-CN").open(f"{SEARCH}&size=5&page=2")
    titles = page.locator(".hit h2").all_inner_texts()
    page.locator(".hit h2 a").nth(1).click()
    for number, title in ((7, titles[1]), (6, titles[0])):
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".neighbours")).to_contain_text(f"第 {number} / 18 篇")
        page.locator(".neighbours [rel~=prev]").click()
    expect(page.locator(".neighbours")).to_contain_text("第 5 / 18 篇")  # of the page before
    page.locator(".neighbours [rel~=next]").click()
    expect(page.locator("h1")).to_have_text(titles[0])
    page.locator(".back a").first.click()
    assert page.locator(".hit h2").all_inner_texts() == titles


def test_the_ends_of_a_list_have_one_neighbour(visit: Visit) -> None:
    page = visit(viewport=NARROW).open(SEARCH)
    page.locator(".hit h2 a").first.click()
    expect(page.locator(".neighbours [rel~=next]")).to_have_count(1)
    expect(page.locator(".neighbours [rel~=prev]")).to_have_count(0)


# Addresses inside a text


def test_the_address_keeps_in_step_with_the_hit(visit: Visit) -> None:
    page = visit(viewport=NARROW).open(ARTICLE)
    length = page.evaluate("history.length")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("#h1$"))
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("#h2$"))
    expect(page.locator(".prose mark:target")).to_have_id("h2")
    assert page.evaluate("history.length") == length
    page.reload()
    expect(page.locator(".hits-bar output")).to_have_text(re.compile("^2 / "))
    page.keyboard.press("N")
    expect(page).to_have_url(re.compile("#h1$"))


def test_the_address_of_a_paragraph_is_copied(visit: Visit) -> None:
    page = visit(viewport=NARROW, permissions=CLIPBOARD).open(ARTICLE)
    start = page.locator("a.para").nth(2)
    start.click(force=True)
    expect(start).to_have_class(re.compile("copied"))
    assert _copied(page) == page.url.split("?")[0] + str(start.get_attribute("href"))
    expect(start).not_to_have_class(re.compile("copied"))
    page.goto(_copied(page))
    expect(page.locator("a.para:target")).to_be_in_viewport()


def test_a_paragraph_has_an_address_without_a_script(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open(ARTICLE)
    page.locator("a.para").nth(1).click(force=True)
    expect(page).to_have_url(re.compile("#p[0-9]+$"))


# Selected words


@pytest.mark.parametrize("beside", [False, True])
def test_selected_words_are_searched_and_quoted(visit: Visit, beside: bool) -> None:
    person = visit(viewport=WIDE, permissions=CLIPBOARD, locale="en")
    page = person.open("/search?q=摊位" if beside else ARTICLE)
    expect(page.locator(".prose p").first).to_be_visible()
    address = (
        page.url.split("?")[0]
        if not beside
        else str(page.locator(".hit h2 a").first.evaluate("a => a.href")).split("?")[0]
    )
    title = page.locator("article h1").inner_text()
    _select(page, ".prose p >> nth=1")
    menu = page.locator("#selected")
    expect(menu).to_be_visible()
    words = page.evaluate("String(getSelection()).trim()")
    assert "¶" not in words
    menu.get_by_role("button", name="quotation").click()
    expect(menu.get_by_role("button", name="Copied")).to_be_visible()
    quotation, source, link = _copied(page).split("\n")
    assert quotation == f"“{words}”"
    assert f"《{title}》" in source
    assert re.fullmatch(re.escape(address) + r"#p\d+", link)
    expect(menu).to_be_hidden()
    _select(page, ".prose p >> nth=1")
    menu.get_by_role("button", name="link").click()
    expect(menu.get_by_role("button", name="Copied")).to_be_visible()
    assert _copied(page) == link
    expect(menu).to_be_hidden()
    _select(page, ".prose p >> nth=1")
    menu.get_by_role("button", name="Search").click()
    expect(page.locator("#q")).to_have_value(re.compile('^".+"$'))
    expect(page.locator(".hit h2").first).to_contain_text(title[:5])


def test_the_menu_goes_with_the_selection(visit: Visit) -> None:
    page = visit(viewport=NARROW).open(ARTICLE)
    _select(page, ".prose p >> nth=0")
    expect(page.locator("#selected")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator("#selected")).to_be_hidden()
    _select(page, "h1")
    page.wait_for_timeout(400)  # longer than it takes
    expect(page.locator("#selected")).to_be_hidden()


# References


def test_a_reference_is_copied_and_the_button_says_so_for_a_while(visit: Visit) -> None:
    page = visit(viewport=NARROW, permissions=CLIPBOARD, locale="en").open(ARTICLE)
    page.locator(".cite summary").click()
    button = page.locator(".cite .copy")
    button.click()
    expect(button).to_have_text("Copied")
    assert "[EB/OL]" in _copied(page)
    expect(button).to_have_text("Copy")
    with page.expect_download() as begun:
        page.locator(".cite a[href$='.ris']").click()
    assert begun.value.path().read_text(encoding="utf-8").startswith("TY  - ELEC")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pane_keeps_nobody_out(visit: Visit, scheme: str) -> None:
    page = visit(viewport=WIDE, color_scheme=scheme).open(SEARCH)
    expect(page.locator(".beside h1")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


# Hostile articles

ARMED = """"><script>window.hostile = 1</script><img src=x onerror="window.hostile = 1">' 木马"""


@pytest.fixture(scope="module")
def armed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over an article whose every field is written to break a page."""
    folder = tmp_path_factory.mktemp("armed")
    archive = Archive(folder / "posts", folder / "index")
    archive.folder.mkdir()
    article = {
        "id": "x\"'><b>",
        "title": ARMED,
        "author": ARMED,
        "tags": [ARMED],
        "url": 'https://a.example/"><script>window.hostile = 1</script>',
        "html": f"<p>{ARMED}</p><p id=h1 class=para>木马<a href='#h1' onclick='hostile = 1'>程序</a></p>",
    }
    archive.write("a.jsonl", json.dumps(article))
    archive.sync()
    with serving(archive.directory) as address:
        yield address


def test_a_hostile_article_is_read_quoted_and_cited(visit: Visit, armed: str) -> None:
    page = visit(site=armed, viewport=WIDE, permissions=CLIPBOARD, locale="en").open("/search?q=木马")
    expect(page.locator(".beside h1")).to_have_text(ARMED)
    page.keyboard.press("n")
    _select(page, ".beside .prose p >> nth=1")
    page.locator("#selected").get_by_role("button", name="quotation").click()
    expect(page.locator("#selected").get_by_role("button", name="Copied")).to_be_visible()
    assert f"《{ARMED}》" in _copied(page)
    page.locator(".beside .cite summary").click()
    page.locator(".beside .cite .copy").click()
    expect(page.locator(".beside .cite .copy")).to_have_text("Copied")
    assert ARMED in _copied(page)
    page.locator(".beside .open").click()
    expect(page.locator("main h1")).to_have_text(ARMED)
    assert page.title().startswith(ARMED)
    assert not page.evaluate("'hostile' in window")
    assert page.locator(".prose [id=h1]").count() == 1
