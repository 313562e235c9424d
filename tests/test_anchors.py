"""Addresses inside an article: a snippet leads to its own hit, a number to its paragraph."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pages import one, page_at

from index.article import Article
from index.sources.body import read_body
from search.planning.plan import HighlightTerm
from search.snippets import Highlighter
from web.reading import reading_view

TREE = HighlightTerm(("树",), ("body",), 1.0)
BRIDGE = HighlightTerm(("桥",), ("body",), 2.0)


def read(html: str, *terms: HighlightTerm, suffix: str = ".html") -> tuple[Article, BeautifulSoup]:
    body, extracted, _ = read_body(html, suffix)
    article = Article("a", "a", "题", extracted.text, html=body)
    return article, BeautifulSoup(reading_view(article, terms).html, "lxml")


def starts(page: Tag) -> dict[int, str]:
    """The first characters of each paragraph with a number, without white space."""
    parts = re.split(r'<(?:a|span)[^>]* id="p(\d+)"[^>]*></(?:a|span)>', str(page))
    texts = [BeautifulSoup(part, "lxml").get_text() for part in parts[2::2]]
    return {int(number): "".join(text.split())[:6] for number, text in zip(parts[1::2], texts, strict=True)}


@pytest.mark.parametrize("query", ["临江 地铁", "导航", "的", "图书馆 漂浮", "a", "“成交面积”"])
def test_each_snippet_leads_to_its_own_hit(client: FlaskClient, query: str) -> None:
    count = 0
    for snippet in page_at(client, "/search", q=query, size=30).select(".snippet:has(mark) a"):
        address, _, anchor = str(snippet["href"]).partition("#")
        target = one(page_at(client, address), f"#{anchor}")
        if anchor.startswith("h"):
            first = snippet.select("mark")[0].text
            assert first.startswith(target.text), (address, anchor)
            count += 1
    assert count


@pytest.mark.parametrize(
    "html",
    [
        "<p>甲一</p><p>乙二</p>",
        "<div>甲一<br>乙二<p>丙三</p>丁四</div>",
        "<ul><li>甲一<li>乙二<ol><li>丙三</ol></ul>",
        "<a href='https://a.example/'>甲一<p>乙二</p>丙三</a>丁四",
        "甲一\n<b>乙二</b>\n\n丙三",
        "<blockquote><p><b>甲一</b></p>乙二</blockquote><pre>丙三\n\n丁四</pre><p>戊五</p>",
        "<p>责任编辑：王一</p><p>甲一</p><p>海量资讯、精准解读，尽在新浪财经APP</p><p>乙二</p>",
        "<p><ruby>饕<rt>tāo</rt></ruby>餮</p><p>乙二</p>",
    ],
)
def test_a_paragraph_has_the_number_of_its_line(html: str) -> None:
    article, page = read(html)
    lines = article.text.split("\n")
    found = starts(page)
    assert found
    for number, start in found.items():
        assert "".join(lines[number - 1].split()).startswith(start[:2]), (number, start)
    assert not page.select("a a")


def test_a_row_of_a_table_has_one_number() -> None:
    _, page = read("<table><tr><td>甲<td>乙<tr><td>丙<td>丁</table><p>戊</p>")
    assert [str(link["id"]) for link in page.select(".para")] == ["p1", "p3", "p5"]


def test_all_examples_have_numbers(client: FlaskClient, articles: dict[str, Article]) -> None:
    for article in articles.values():
        page = page_at(client, f"/article/{article.id}")
        lines = ["".join(line.split()) for line in article.text.split("\n")]
        for number, start in starts(one(page, ".prose")).items():
            assert lines[number - 1][:2] == start[:2], (article.id, number)


@given(st.lists(st.text("树桥，。 \n", max_size=80), max_size=30))
def test_the_number_of_a_hit_is_that_of_the_reading_view(lines: list[str]) -> None:
    article, page = read("".join(f"<p>{line}</p>" for line in lines), TREE, BRIDGE)
    for snippet in Highlighter((TREE, BRIDGE)).snippets(article.text):
        if snippet.hit:
            start, end = snippet.highlights[0]
            assert one(page, f"#h{snippet.hit}").text == snippet.text[start:end]
        assert one(page, f"#p{snippet.paragraph}")


def test_a_hit_behind_more_than_are_counted_leads_to_its_paragraph() -> None:
    text = "树很高，也很老。\n" * 60 + "草。\n" * 100 + "很远的地方有一座桥。"
    far = [each for each in Highlighter((TREE, BRIDGE)).snippets(text) if "桥" in each.text]
    assert [(each.hit, each.paragraph) for each in far] == [(0, 161)]
