"""Saved pages: the article is found, menus are not text, and nothing is lost where that is unsure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archive import Archive
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.sources.posts import parse_file

CASES = Path(__file__).parent / "cases" / "pages"
EXPECTED: list[dict[str, Any]] = json.loads((CASES / "expected.json").read_text("utf-8"))


def read(html: str, name: str = "a.html") -> Article:
    return parse_file(f"p/{name}", html.encode(), UTC).articles[0]


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_the_article_of_a_page_is_found(case: dict[str, Any]) -> None:
    article = read((CASES / case["file"]).read_text("utf-8"))
    for line in case["text"]:
        assert " ".join(line.split()) in article.text
    comments = {"写得真好", "条评论"}  # what people wrote stays
    assert not [noise for noise in case["noise"] if noise in article.text and noise not in comments]
    assert article.title == case["title"]
    assert article.url == case["url"]
    if not case["file"].startswith("gov"):
        assert article.author == case["author"]
    if case["date"]:
        assert article.date is not None
        wanted = datetime.fromisoformat(case["date"])
        is_local = case["file"].startswith("gov")
        assert article.date == (wanted.replace(tzinfo=UTC) if is_local else wanted).timestamp()


def test_precision_and_recall_of_all_pages() -> None:
    precision = recall = 0.0
    for case in EXPECTED:
        found = "".join(read((CASES / case["file"]).read_text("utf-8")).text.split())
        wanted = ["".join(line.split()) for line in case["text"]]
        right = sum(len(line) for line in wanted if line in found)
        recall += right / sum(map(len, wanted)) / len(EXPECTED)
        precision += right / len(found.replace("".join(case["title"].split()), "")) / len(EXPECTED)
    assert recall > 0.9999
    assert precision >= 0.95


def test_pictures_that_are_loaded_late_are_kept() -> None:
    article = read((CASES / "wechat-0.html").read_text("utf-8"))
    assert article.thumbnail == "https://mmbiz.example/0/640"


def test_where_nothing_is_found_all_is_kept() -> None:
    html = "<html><body><div class='menu'>第一句。第二句！第三句？</div><div class='sidebar'>短</div></body>"
    assert "第一句。第二句！第三句？" in read(html).text
    assert (
        read("<!DOCTYPE html><html><body><div class='menu'>只有导航</div></body></html>").text == "只有导航"
    )


def test_a_known_element_that_holds_little_is_not_the_article() -> None:
    long = "<p>湖面结冰了。修钟人来了。书店开门了。</p>" * 5
    html = f"<html><body><div class='post_body'>提要。</div><div class='x'>{long}</div></body></html>"
    assert read(html).text.count("修钟人来了") == 5


def test_posts_with_front_matter_and_fragments_are_not_pages() -> None:
    post = "---\ntitle: 题\n---\n<html><body><div class='menu'>首页</div><p>文。</p></body></html>"
    assert "首页" in read(post, "a.md").text
    assert "首页" in read("<div class='menu'>首页</div><p>文。</p>").text


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("<title>题 - 站</title>", {"title": "题 - 站"}),
        ("<title>一个题_站</title><body><h1>一个题</h1>", {"title": "一个题"}),
        (
            "<!-- saved from url=(0019)https://a.example/x --><title>题</title>",
            {"url": "https://a.example/x"},
        ),
        ("<meta property='og:url' content='/x'>", {"url": ""}),
        ("<script type='application/ld+json'>{broken</script><title>题</title>", {"title": "题"}),
        ("<body><p>发布时间：2021年4月8日 09:30 来源：某报</p>", {"date": 1617874200}),
        ("<body><time datetime='2021-04-08T09:30:00Z'>昨天</time>", {"date": 1617874200}),
    ],
)
def test_what_a_page_says_of_itself(head: str, values: dict[str, object]) -> None:
    article = read(f"<!DOCTYPE html><html>{head}<p>湖面结冰了。</p></html>")
    assert {name: getattr(article, name) for name in values} == values


@given(
    st.lists(
        st.sampled_from(
            ["<div class=nav>", "</div>", "<p>", "文。", "<a href=x>链", "</a>", "<table>", "<!--"]
        )
    )
)
def test_sentences_are_never_lost(parts: list[str]) -> None:
    html = f"<!DOCTYPE html><html><body><p>头一句。第二句。</p>{''.join(parts)}"
    assert "头一句。第二句。" in read(html).text


def test_a_button_that_is_never_closed_takes_nothing_along() -> None:
    html = "<html><body><form><button type='button' /><p>头一句。第二句。</p><p>第三句。</p></form>"
    assert read(html).text == "头一句。第二句。\n第三句。"


def test_a_page_that_ends_in_the_middle_is_read_to_its_end() -> None:
    html = "<html><body><div class='header'>首页</div></html><div><p>头一句。第二句。</p></div></body></html>"
    assert "头一句。第二句。" in read(html).text


def test_deep_pages_end() -> None:
    assert "底。" in read("<html><body>" + "<div>" * 2_000 + "底。底。").text


def test_pages_of_an_archive_are_found_by_what_they_say(archive: Archive) -> None:
    archive.write("18.html", (CASES / "news-0.html").read_text("utf-8"))
    archive.sync()
    assert len(archive.find("候鸟停歇")) == 1
    assert archive.find("关于我们") == []
