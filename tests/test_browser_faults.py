"""What got in the way of readers, in a real browser: lost connections, long passages, drawers, moving
pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import PAGES, Visitor
from playwright.sync_api import Page, Route, expect

Visit = Callable[..., Visitor]

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 1024, "height": 700}
PHONE = {"width": 360, "height": 740}
PASSAGE = "临江地铁三号线穿过主航道，全程四十六分钟。" * 100
_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


# Typing


def test_a_lost_connection_is_said_and_the_search_made_up_for(visit: Visit) -> None:
    person = visit(viewport=NARROW)
    page = person.open("/search?q=临江")
    person.context.set_offline(True)
    page.locator("#q").press("End")
    page.keyboard.type("地铁")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("body")).to_have_class(re.compile("stale"))
    assert page.url.count("%") == 6  # the address is that of what is shown
    person.context.set_offline(False)
    expect(page).to_have_title(re.compile("临江地铁"))
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("body")).not_to_have_class(re.compile("stale"))
    person.complaints.clear()


def test_a_lost_connection_can_be_tried_again(visit: Visit) -> None:
    person = visit(viewport=NARROW)
    page = person.open("/search?q=临江")
    page.route(re.compile("/search"), lambda route: route.abort())
    page.locator("#q").fill("漂浮")
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute(re.compile("/search"))
    page.get_by_role("alert").get_by_role("button").click()
    expect(page).to_have_title(re.compile("漂浮"))
    person.complaints.clear()


@pytest.mark.parametrize("path", ["/search?q=临江&from=上上上", "/search?q=临江&page=99999"])
def test_an_error_page_keeps_what_was_typed_and_typing_goes_on(visit: Visit, path: str) -> None:
    page = visit(viewport=NARROW).page
    page.goto(f"{path}&category=金融")
    if page.locator(".error").count():
        expect(page.locator("#q")).to_have_value("临江")
        expect(page.locator("#kept [name=category]")).to_have_value("金融")
    page.locator("#q").fill("漂浮")
    expect(page).to_have_title(re.compile("漂浮"))
    expect(page.locator(".listing .summary")).to_be_visible()


def test_typing_goes_on_after_a_refusal(visit: Visit) -> None:
    page = visit(viewport=NARROW).open("/search?q=临江")

    def refuse(route: Route) -> None:
        route.fulfill(response=page.request.get("/search?q=a&page=0"))

    page.route(re.compile("%E5%9C%B0$"), refuse)
    page.locator("#q").fill("地")
    expect(page.locator("main.error")).to_be_visible()
    page.locator("#q").fill("地铁")
    expect(page.locator(".hit").first).to_be_visible()


@pytest.mark.parametrize("how", ["typing", "Enter", "article"])
def test_a_pasted_passage_makes_no_endless_address(visit: Visit, how: str) -> None:
    page = visit(viewport=NARROW).open("/article/radio-001" if how == "article" else "/")
    page.locator("#q").fill(PASSAGE)
    if how == "article":
        page.wait_for_timeout(400)  # longer than the page waits for more typing
        assert "/article/" in page.url
    if how != "typing":
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q="))
    assert len(page.url) < 3000
    expect(page.locator(".summary")).to_be_visible()
    if how != "article":
        expect(page.locator("#long")).to_be_visible()


def test_without_a_script_no_passage_is_too_long(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open("/")
    page.locator("#q").click()
    page.keyboard.insert_text(PASSAGE)
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_have_count(0)


def test_back_leads_to_where_a_list_was_left(visit: Visit) -> None:
    page = visit(viewport=NARROW).open("/")
    page.locator("#q").press_sequentially("临江")
    expect(page.locator(".hit").first).to_be_visible()
    page.mouse.wheel(0, 600)
    page.wait_for_function("() => scrollY > 500 && history.state.y === scrollY")
    left = page.evaluate("scrollY")
    page.locator("#q").blur()
    # Without `fill`, which scrolls the box into view.
    page.locator("#q").evaluate(
        "(box) => { box.value = '漂浮'; box.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(page).to_have_title(re.compile("漂浮"))
    page.wait_for_function("() => scrollY === 0")
    page.go_back()
    expect(page).to_have_title(re.compile("临江"))
    page.wait_for_function(f"() => Math.abs(scrollY - {left}) < 3")


# Keys


def test_j_begins_with_the_result_in_view(visit: Visit) -> None:
    page = visit(viewport=NARROW).open("/search?q=临江")
    page.locator(".hit").nth(4).evaluate("hit => hit.scrollIntoView({ behavior: 'instant' })")
    page.keyboard.press("j")
    at = page.evaluate("[...document.querySelectorAll('.hit h2 a')].indexOf(document.activeElement)")
    assert at >= 3
    page.keyboard.press("j")
    expect(page.locator(".hit h2 a").nth(at + 1)).to_be_focused()


def test_one_hit_has_an_outline(visit: Visit) -> None:
    page = visit(viewport=NARROW).open("/article/5f79222f04e0b2e3?q=摊位#h1")
    for _ in range(2):
        page.keyboard.press("n")
    outlined = page.locator(".prose mark").evaluate_all(
        "all => all.filter((mark) => getComputedStyle(mark).outlineStyle !== 'none').map((mark) => mark.id)"
    )
    assert outlined == ["h3"]


def test_the_filters_are_one_step_away(visit: Visit) -> None:
    page = visit(viewport=WIDE).open("/search?q=临江")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".skip:focus")).to_have_attribute("href", "#filters")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside: bool = page.evaluate("document.activeElement.closest('#filters') !== null")
    assert inside


# Narrow pages


def test_filters_of_a_phone_stay_open_and_add_no_step(visit: Visit) -> None:
    page = visit(viewport=PHONE).open("/search?q=临江")
    length = page.evaluate("history.length")
    page.locator(".to-filters").click()
    filters = page.locator(".facets")
    expect(filters).to_be_visible()
    assert page.evaluate("history.length") == length
    page.locator(".facets a", has_text="金融").first.click()
    expect(page.locator(".chips a")).to_have_count(1)
    expect(filters).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(filters).to_be_hidden()
    expect(page.locator(".to-filters")).to_be_focused()
    page.go_back()
    expect(page.locator(".chips a")).to_have_count(0)


def test_filters_of_a_phone_need_no_script(visit: Visit) -> None:
    page = visit(viewport=PHONE, java_script_enabled=False).open("/search?q=临江")
    page.locator(".to-filters").click()
    expect(page.locator(".facets")).to_be_visible()
    page.locator(".facets .close").click()
    expect(page.locator(".facets")).to_be_hidden()


def _small_targets(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["target-size"], "rules": {"target-size": {"enabled": True}}})
    return [node["html"][:120] for rule in found.response["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_no_target_is_too_small_for_a_finger(visit: Visit, locale: str) -> None:
    person = visit(viewport=PHONE, locale=locale)
    found = {}
    for kind, (path, status) in PAGES.items():
        if small := _small_targets(person.open(path, status)):
            found[kind] = small
    assert found == {}


def test_all_headers_have_one_height(visit: Visit) -> None:
    for view in (PHONE, WIDE):
        for locale in ("zh-CN", "en"):
            person = visit(viewport=view, locale=locale)
            heights = {
                kind: person.open(path, status).locator(".top").bounding_box()["height"]  # type: ignore[index]
                for kind, (path, status) in PAGES.items()
                if kind != "home"
            }
            assert len(set(heights.values())) == 1, heights


# What moves, and what is seen in other ways


@pytest.mark.parametrize("view", [WIDE, PHONE])
def test_nothing_moves_when_pictures_are_broken(visit: Visit, view: dict[str, int]) -> None:
    person = visit(viewport=view)
    person.context.add_init_script(_SHIFTS)
    person.context.route(re.compile(r"example\.(org|com)/"), lambda route: route.abort())
    page = person.open("/search?q=临江+地铁")
    expect(page.locator(".hit .broken").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # the pane is filled
    assert page.evaluate("shifted") <= 0.02
    person.complaints.clear()


def test_forced_colours_show_focus_and_what_is_current(visit: Visit) -> None:
    page = visit(viewport=NARROW, forced_colors="active").open("/search?q=临江&size=5&sort=newest")
    page.locator("#q").focus()
    outline = page.locator(".box").evaluate("box => getComputedStyle(box).outlineStyle")
    assert outline != "none"
    for current, other in (
        (".sorts [aria-current]", ".sorts a:not([aria-current], .to-filters)"),
        (".pages a[aria-current]", ".pages a.number:not([aria-current])"),
    ):
        colours = [
            page.locator(selector).first.evaluate("link => getComputedStyle(link).backgroundColor")
            for selector in (current, other)
        ]
        assert colours[0] != colours[1]
    assert Axe().run(page).response["violations"] == []


def test_a_printed_page_has_query_and_address(visit: Visit) -> None:
    page = visit(viewport=NARROW).open("/search?q=临江")
    expect(page.locator(".printed")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".printed")).to_contain_text("临江 · ")
    expect(page.locator(".printed")).to_contain_text("/search?q=临江")
    expect(page.locator(".top")).to_be_hidden()
    assert page.locator(".snippet").first.evaluate("line => line.scrollHeight <= line.clientHeight + 1")
