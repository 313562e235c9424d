"""The reading view: what is shown is what is searched."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from index.article import Article
from index.sources.body import read_body
from web.reading import reading_view


def shown(text: str, suffix: str = ".html") -> BeautifulSoup:
    html, extracted, _ = read_body(text, suffix)
    article = Article(id="a", path="a", title="题", text=extracted.text, html=html)
    return BeautifulSoup(reading_view(article).html, "lxml")


@pytest.mark.parametrize("element", ["embed", "input", "param", "source", "track", "keygen"])
def test_a_void_element_takes_nothing_along(element: str) -> None:
    text = f"<p>前</p><{element} name='x'><p>后</p>"
    assert shown(text).get_text(" ").split() == ["前", "后"]
    assert read_body(text)[1].text == "前\n后"


def test_code_is_shown_as_code_with_its_white_space() -> None:
    page = shown("说明 `a  <b>`：\n\n```py\nif x:\n    print('<b>')\n```", ".md")
    assert page.pre is not None
    assert page.pre.text == "if x:\n    print('<b>')\n"
    assert [code.text for code in page.select("p code")] == ["a  <b>"]


def test_markdown_is_rendered_and_harmless() -> None:
    page = shown(
        "## 节\n\n**粗**[链](javascript:alert(1))<img src=x onerror=alert(1)>\n\n| a |\n|---|\n| b |", ".md"
    )
    assert page.select("h2") and page.select("strong") and page.select("table")
    assert not page.select("img, [onerror], a[href]:not(.para)")


def test_readings_and_numbers_of_footnotes_are_shown_beside_the_text() -> None:
    page = shown("<ruby>饕<rt>tāo</rt>餮<rt>tiè</rt></ruby>之徒[^1]，10<sup>3</sup>。\n\n[^1]: 注", ".md")
    assert [rt.text for rt in page.select("rt")] == ["tāo", "tiè"]
    assert [sup.text for sup in page.select("p sup")] == ["1", "3"]


def test_all_lines_of_the_text_are_shown() -> None:
    text = "# 题\n\n正文 <iostream> 与 `<select>`。\n\n- 甲\n- 乙\n\n```\n<nav>\n```\n\n山高月小\n水落石出"
    lines = read_body(text, ".md")[1].text.split("\n")
    page = "".join(shown(text, ".md").text.split())
    for line in lines:
        assert "".join(line.split()) in page
