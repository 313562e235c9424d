"""What the script of the pages adds: results while typing, keys, dates by dragging."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Visitor
from playwright.sync_api import Page, expect

Visit = Callable[..., Visitor]

PHONE = {"width": 360, "height": 740}


def _count(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".summary strong").inner_text()))


# Results while typing


def test_results_follow_what_is_typed(visit: Visit) -> None:
    page = visit().open("/")
    page.locator("#q").press_sequentially("临江")
    expect(page).to_have_url(re.compile(r"/search\?q=[^&]+$"))
    expect(page.locator(".summary")).to_be_visible()
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#said")).to_have_text(re.compile(r"\d+ articles"))
    page.keyboard.type("地铁")
    expect(page).to_have_title(re.compile("临江地铁"))
    assert "地铁" in page.locator(".hit mark").all_inner_texts()
    # What was typed on the way is one step back.
    page.go_back()
    expect(page.locator("body.home")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("")
    page.go_forward()
    expect(page.locator("#q")).to_have_value("临江地铁")
    expect(page.locator(".hit").first).to_be_visible()
    page.reload()
    expect(page.locator("#q")).to_have_value("临江地铁")


def test_typing_keeps_the_filters(visit: Visit) -> None:
    page = visit().open("/search?q=临江&category=金融")
    page.locator("#q").press("End")
    page.keyboard.type("财经")
    expect(page).to_have_url(re.compile(r"q=[^&]+&category=[^&]+$"))
    expect(page.locator(".chips a")).to_have_count(1)
    expect(page.locator("#kept [name=category]")).to_have_count(1)


def test_an_emptied_box_leaves_the_results_until_there_are_others(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    before = page.url
    page.locator("#q").fill("")
    page.wait_for_timeout(400)  # longer than the page waits for more typing
    assert page.url == before
    page.locator("#q").fill("漂浮")
    expect(page).to_have_title(re.compile("漂浮"))


def test_an_article_is_not_taken_away_by_typing(visit: Visit) -> None:
    page = visit().open("/article/radio-001")
    page.locator("#q").press_sequentially("漂浮")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert page.url.endswith("/article/radio-001")
    expect(page.locator(".prose")).to_be_visible()


def test_a_request_that_is_overtaken_is_cancelled(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    slow: list[str] = []

    def hold(route: object, request: object) -> None:
        slow.append(request.url)  # type: ignore[attr-defined]  # never answered

    page.route(re.compile(r"/search\?q=%E5%9C%B0$"), hold)
    box = page.locator("#q")
    box.fill("地")
    page.wait_for_function("() => document.body.classList.contains('busy')")
    with page.expect_event("requestfailed", lambda request: request.url == slow[0]):
        box.fill("地铁")
    expect(page).to_have_title(re.compile("地铁"))
    expect(page.locator("body")).not_to_have_class(re.compile("busy"))


# Keys


def test_keys_lead_from_result_to_result(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    links = page.locator(".hit h2 a")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    title = links.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(title)


def test_keys_lead_from_hit_to_hit(visit: Visit) -> None:
    page = visit().open("/article/5f79222f04e0b2e3?q=摊位")
    marks = page.locator(".prose mark:not(.on)")
    count = marks.count()
    shown = page.locator(".hits-bar output")
    expect(shown).to_have_text(f"{count} matches")
    page.keyboard.press("n")
    expect(shown).to_have_text(f"1 / {count}")
    expect(page.locator(".prose mark:target")).to_have_id("h1")
    expect(marks.nth(0)).to_be_in_viewport()
    page.keyboard.press("N")
    expect(shown).to_have_text(f"{count} / {count}")
    page.locator(".hits-bar [data-step='1']").click()
    expect(shown).to_have_text(f"1 / {count}")


def test_the_keys_are_listed(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator("kbd", has_text="j")).to_be_visible()
    page.keyboard.press("j")  # not behind the dialog's back
    expect(page.locator(".hit a:focus")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_keys_that_are_switched_off_do_nothing(visit: Visit) -> None:
    page = visit().open("/search?q=临江&keys=off")
    assert "keys=" not in page.url  # a cookie remembers
    page.keyboard.press("j")
    page.keyboard.press("/")
    expect(page.locator("body")).to_be_focused()
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("body")).to_be_focused()


# The timeline


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_a_drag_over_the_timeline_narrows(visit: Visit, viewport: dict[str, int] | None) -> None:
    page = visit(viewport=viewport).open("/search?q=临江") if viewport else visit().open("/search?q=临江")
    everything = _count(page)
    labels = page.locator(".timeline title").evaluate_all("all => all.map(t => t.textContent.slice(0, 7))")
    boxes = [page.locator(".timeline a .area").nth(i).bounding_box() for i in (2, 5)]
    assert all(boxes)
    places = [(box["x"] + box["width"] / 2, box["y"] + 20) for box in boxes if box]
    page.mouse.move(*places[1])
    page.mouse.down()
    page.mouse.move(*places[0], steps=4)
    expect(page.locator(".timeline output")).to_have_text(f"{labels[2]} – {labels[5]}")
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"from={labels[2]}&to={labels[5]}"))
    assert 0 < _count(page) < everything


def test_a_click_on_the_timeline_narrows(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    bar = page.locator(".timeline a").nth(3)
    label, count = bar.locator("title").inner_html().split(": ")
    bar.click()
    expect(page).to_have_url(re.compile(f"from={label}&to={label}"))
    assert _count(page) == int(count)


def test_keys_narrow_by_the_timeline(visit: Visit) -> None:
    page = visit().open("/search?q=临江")
    bars = page.locator(".timeline a")
    labels = bars.locator("title").evaluate_all("all => all.map(t => t.textContent.slice(0, 7))")
    assert page.locator(".timeline a[tabindex='0']").count() == 1
    page.locator(".timeline a[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(len(labels) - 2)).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"from={labels[-4]}&to={labels[-2]}"))


# Colours


def test_the_colours_are_chosen_in_the_menu(visit: Visit) -> None:
    page = visit(color_scheme="light").open("/help")
    page.locator(".menu summary").click()
    page.locator(".theme a").nth(2).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    channels = re.findall(r"[\d.]+", page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert sum(map(float, channels[:3])) < 3 * 60
    expect(page).to_have_url(re.compile("/help$"))


def test_the_address_of_an_article_is_copied(visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open("/article/5f79222f04e0b2e3?q=摊位")
    copy = page.locator(".copy[data-url]")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url.split("?")[0]
