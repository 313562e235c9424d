"""The pages in a real browser: typing, keys, input methods, links without JavaScript, a proxy."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from urllib.request import urlopen

from browser import Visitor
from playwright.sync_api import Locator, Page, expect
from proxy import proxy_to

Visit = Callable[..., Visitor]

METRO = "临江地铁"
BOX = "#q"


def _count(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".summary strong").first.inner_text()))


def _titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


def _is_in_view(element: Locator) -> bool:
    seen: bool = element.evaluate(
        "e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }"
    )
    return seen


def _home(person: Visitor) -> Page:
    """The first page, once the box has the focus."""
    page = person.open("/")
    expect(page.locator(BOX)).to_be_focused()
    return page


def test_a_search_by_typing_has_an_address_to_share(visit: Visit) -> None:
    page = _home(visit())
    page.keyboard.type(METRO)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=[^&]+$"))
    assert page.locator(".hit mark").count() > 3
    shared = visit().open(page.url)
    expect(shared.locator(BOX)).to_have_value(METRO)
    assert _titles(shared) == _titles(page)


def test_the_slash_key_leads_to_the_box(visit: Visit) -> None:
    page = visit().open("/help")
    page.keyboard.press("/")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator(BOX)).to_have_value("a/b")


def test_a_category_narrows_until_its_chip_is_taken_away(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    all_found = _count(page)
    category = page.locator(".facets a", has_text="金融").first
    expected = int(category.locator(".count").inner_text())
    category.click()
    assert _count(page) == expected < all_found
    assert all("金融" in path for path in page.locator(".hit .path").all_inner_texts())
    page.locator(".chips a").first.click()
    assert _count(page) == all_found


def test_dates_narrow(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    page.locator(".range [name=from]").fill("2022-03")
    page.locator(".range [name=to]").fill("2023")
    page.locator(".range [name=to]").press("Enter")
    expect(page).to_have_url(re.compile("from=2022-03&to=2023"))
    dates = page.locator(".hit time").evaluate_all("all => all.map(time => time.dateTime.slice(0, 7))")
    assert dates
    assert all("2022-02" <= date <= "2023-12" for date in dates)
    expect(page.locator(BOX)).to_have_value("临江")


def test_pages_follow_one_another(visit: Visit) -> None:
    page = visit().open("/search?q=临江&size=5")
    first = _titles(page)
    page.locator(".pages [rel=next]").click()
    expect(page.locator(".pages [aria-current=page]")).to_have_text("2")
    assert not set(first) & set(_titles(page))
    page.locator(".pages [rel=prev]").click()
    assert _titles(page) == first


def test_a_result_list_is_saved_as_a_file(visit: Visit) -> None:
    page = visit().open("/search?q=临江&category=金融")
    with page.expect_download() as begun:
        page.locator("a[href*='search.csv']").click()
    assert begun.value.suggested_filename == "souwen-临江.csv"
    with begun.value.path().open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + _count(page)


def test_a_result_opens_with_its_hits_marked_and_leads_back(visit: Visit) -> None:
    page = visit().open(f"/search?q={METRO}")
    results, title = page.url, _titles(page)[0]
    page.locator(".hit h2 a").first.click()
    expect(page.locator("h1")).to_have_text(title)
    assert page.locator(".prose mark").count() > 0
    page.locator("a[href='#h1']").click()
    assert _is_in_view(page.locator(".prose #h1"))
    page.locator(f"a[href='{results.removeprefix(page.url.split('/article')[0])}']").click()
    expect(page).to_have_url(results)


def test_pictures_of_other_sites_learn_nothing_of_the_reader(visit: Visit) -> None:
    person = visit()
    page = person.open(f"/search?q={METRO}")
    page.locator(".hit img").first.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert person.outside
    assert all("referer" not in request.all_headers() for request in person.outside)


# Suggestions


def test_suggestions_are_reached_by_keys(visit: Visit) -> None:
    page = _home(visit())
    box, found = page.locator(BOX), page.get_by_role("listbox")
    page.keyboard.type("漂浮")
    expect(found).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(box).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    title = chosen.inner_text()
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_count(0)
    expect(box).to_have_value("漂浮")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(title)
    page.go_back()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_escape_closes_suggestions_and_keeps_the_text(visit: Visit) -> None:
    page = _home(visit())
    page.keyboard.type("漂浮")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator(BOX)).to_have_value("漂浮")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))


def test_half_a_syllable_is_neither_searched_nor_submitted(visit: Visit) -> None:
    """What an input method shows while a person composes 漂浮 from "piaofu", and the keys it takes."""
    page = _home(visit())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    method = page.context.new_cdp_session(page)
    for typed in ("p", "pi", "pia", "piao", "piao'fu"):
        at_end = {"selectionStart": len(typed), "selectionEnd": len(typed)}
        method.send("Input.imeSetComposition", {"text": typed, **at_end})
    for key in ("Enter", " ", "ArrowDown"):
        event = {"key": key, "windowsVirtualKeyCode": 229}  # 229: the input method has it
        method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
        method.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
    page.wait_for_timeout(600)  # longer than the page waits for more typing
    assert [address for address in asked if "/search" in address or "suggest" in address] == []
    method.send("Input.insertText", {"text": "漂浮"})
    expect(page.get_by_role("listbox")).to_be_visible()
    expect(page.locator(BOX)).to_have_value("漂浮")
    assert "漂浮" in page.get_by_role("option").first.inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))


# Other ways to look


def test_everything_needed_works_without_javascript(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open("/")
    page.locator(BOX).fill("临江")
    page.locator(BOX).press("Enter")
    found = _count(page)
    page.locator(".facets a", has_text="金融").first.click()
    assert _count(page) < found
    page.locator(".chips a").first.click()
    page.locator(".pages [rel=next]").click()
    expect(page.locator(".pages [aria-current=page]")).to_have_text("2")
    page.locator(".hit h2 a").first.click()
    assert page.locator(".prose").inner_text()
    assert page.locator("mark").count() > 0


def test_the_language_is_chosen_in_the_menu_and_kept(visit: Visit) -> None:
    person = visit(locale="zh-TW")
    page = person.open("/search?q=临江&category=金融")
    assert page.locator("html").get_attribute("lang") == "zh-Hant"
    found = _titles(page)
    page.locator("details.menu summary").click()
    page.locator(".menu [hreflang=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert _titles(page) == found
    expect(page.locator(".chips a")).to_have_count(1)
    assert person.open("/help").locator("html").get_attribute("lang") == "en"


def test_behind_a_proxy_under_a_prefix(visit: Visit, site: str) -> None:
    with proxy_to(site, "/archive") as address:
        page = visit(site=address).open("/archive/")
        expect(page.locator(BOX)).to_be_focused()
        page.keyboard.type("漂浮")
        expect(page.get_by_role("listbox")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"^{address}/search"))
        page.locator(".facets a:has(.count):visible").first.click()
        page.locator(".hit h2 a").first.click()
        assert page.locator(".prose").inner_text()
        host = address.removesuffix("/archive")
        links = page.locator("[href], [src], [action]").evaluate_all(
            "all => all.map(element => element.href || element.src || element.action)"
        )
        assert [link for link in links if link.startswith(host) and not link.startswith(f"{address}/")] == []


def test_links_begin_as_the_proxy_is_called(site: str) -> None:
    """Outside it is https; the server that tells must not have thrown the header away."""
    with proxy_to(site, "/archive", X_Forwarded_Proto="https", X_Forwarded_Host="archive.example") as address:
        with urlopen(f"{address}/feed.atom") as answer:
            feed = answer.read().decode()
        with urlopen(f"{address}/opensearch.xml") as answer:
            assert "https://archive.example/archive/search?q=" in answer.read().decode()
    assert 'href="https://archive.example/archive/article/' in feed
    assert site not in feed
