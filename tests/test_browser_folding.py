"""Copies on the page, in a real browser: opened in place by keys, on a narrow screen, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from archive import Archive
from axe_playwright_python.sync_playwright import Axe
from browser import Visitor, serving
from playwright.sync_api import Browser, expect
from test_folding import write_notices

Visit = Callable[..., Visitor]

_SEARCH = "/search?q=限行"


@pytest.fixture(scope="module")
def notices(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over copies and a series."""
    folder = tmp_path_factory.mktemp("notices")
    archive = Archive(folder / "posts", folder / "index")
    archive.folder.mkdir()
    write_notices(archive)
    archive.sync()
    with serving(archive.directory) as address:
        yield address


@pytest.mark.parametrize("script", [True, False])
def test_copies_open_in_place_by_keys(visit: Visit, notices: str, script: bool) -> None:
    phone = {"width": 360, "height": 740}
    person = visit(site=notices, locale="zh-CN", viewport=phone, java_script_enabled=script)
    page = person.open(_SEARCH)
    copies = page.locator("details.folded", has=page.get_by_text("另有 11 篇相似"))
    assert not copies.get_by_role("link").first.is_visible()
    copies.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(copies.get_by_role("link").first).to_be_visible()
    assert copies.get_by_role("link").count() == 11
    box = copies.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= phone["width"]
    copies.get_by_role("link", name="作为一次搜索全部列出").click()
    expect(page.locator(".chips")).to_contain_text("临江大桥限行通告")
    assert page.locator(".hit").count() == 10
    assert "12" in page.locator(".summary strong").inner_text()


def test_what_is_open_keeps_nobody_out(visit: Visit, notices: str) -> None:
    page = visit(site=notices, locale="en", viewport={"width": 360, "height": 740}).open(_SEARCH)
    page.locator("details.folded summary").first.click()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("link", name="List each").click()
    expect(page.locator("details.folded")).to_have_count(0)
    page.get_by_role("link", name="Fold similar articles").click()
    expect(page.locator("details.folded").first).to_be_attached()


def test_articles_of_a_series_are_told_apart(visit: Visit, notices: str) -> None:
    page = visit(site=notices, locale="zh-CN", java_script_enabled=False).open(_SEARCH)
    best = page.locator(".hit", has=page.locator("h2", has_text="临江快讯"))
    own = best.locator(".subtitle").inner_text()
    best.locator("details.folded summary").click()
    others = best.locator("details.folded li:not(:last-child) a").all_inner_texts()
    assert others
    assert len({own, *others}) == len(others) + 1
    assert "临江快讯" not in others
