"""Every kind of page, as people come to it: by language, in light and dark, on wide and narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import PAGES, Visitor, serving
from playwright.sync_api import Browser, Page

Visit = Callable[..., Visitor]

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
# Each language, and both colour schemes on both screens.
VIEWS = {
    f"{locale}-{scheme}-{viewport['width']}": {"locale": locale, "color_scheme": scheme, "viewport": viewport}
    for locale, scheme, viewport in (
        ("zh-CN", "light", WIDE),
        ("zh-TW", "dark", PHONE),
        ("en", "dark", WIDE),
        ("en", "light", PHONE),
    )
}


def _barriers(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out: rules, and the elements that break them."""
    return [
        f"{rule['id']}: {node['html'][:100]}"
        for rule in Axe().run(page).response["violations"]
        for node in rule["nodes"]
    ]


def _is_dark(page: Page) -> bool:
    channels = re.findall(r"[\d.]+", page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return sum(map(float, channels[:3])) < 3 * 128


def _overflow(page: Page) -> list[str]:
    """What makes a page wider than the window."""
    wide: list[str] = page.evaluate(
        """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth)
          .map(e => e.outerHTML.slice(0, 80))"""
    )
    return wide


def _problems(person: Visitor) -> dict[str, list[str]]:
    """By kind of page, those that have any."""
    found = {}
    for kind, (path, status) in PAGES.items():
        page = person.open(path, status)
        found[kind] = [*_overflow(page), *_barriers(page), *person.complaints]
        person.complaints.clear()
    return {kind: problems for kind, problems in found.items() if problems}


@pytest.mark.parametrize("view", VIEWS)
def test_no_page_keeps_anybody_out(visit: Visit, view: str) -> None:
    assert _problems(visit(**VIEWS[view])) == {}


def test_nor_does_one_in_colours_that_were_chosen(visit: Visit) -> None:
    person = visit(color_scheme="light")
    person.open("/?theme=dark")
    page = person.open("/search?q=临江")
    assert _is_dark(page)
    page.locator("details.menu summary").click()
    assert _barriers(page) == []
    assert not _is_dark(person.open("/search?q=临江&theme=light"))


@pytest.fixture(scope="module")
def without_index(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose index nobody has made."""
    with serving(tmp_path_factory.mktemp("nothing") / "index") as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_does_the_page_without_an_index(visit: Visit, without_index: str, scheme: str) -> None:
    page = visit(site=without_index, color_scheme=scheme, viewport=PHONE).open("/search?q=临江", 503)
    assert "souwen index" in page.locator("main").inner_text()
    assert _overflow(page) == []
    assert _barriers(page) == []


def test_open_suggestions_are_no_barrier(visit: Visit) -> None:
    page = visit().open("/")
    page.locator("#q").press_sequentially("漂浮")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("ArrowDown")
    assert _barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system(visit: Visit, scheme: str) -> None:
    assert _is_dark(visit(color_scheme=scheme).open("/")) == (scheme == "dark")
