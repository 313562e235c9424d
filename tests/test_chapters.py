"""Long texts are indexed by chapters: nothing of them is lost, and each knows its book."""

from __future__ import annotations

from contextlib import closing

import pytest
from archive import Archive
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.sources.body import as_html
from index.sources.chapters import MAX_LENGTH, PART_LENGTH, split_long
from index.sources.extract import extract
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

PARAGRAPH = "湖面结了冰，岸边的芦苇在风里摇，修钟人从雾里走来，推开了书店的门。" * 10
CHAPTER = [PARAGRAPH] * 20


def book(*chapters: str, html: str = "") -> Article:
    """A book with a table of contents, and much text below each heading."""
    lines = ["内容简介", "目录", *chapters]
    for chapter in chapters:
        lines += [chapter, *CHAPTER * (1 + MAX_LENGTH // len(chapters) // 6000)]
    text = "\n".join(lines)
    return Article(
        "b", "p/b.txt", "长书", text, html or as_html(text), author="某人", date=0, url="https://b.example/"
    )


@pytest.mark.parametrize(
    "headings",
    [
        ("第一章 初雪", "第二章 钟楼", "第三章"),
        ("第一回 雪夜人归 钟楼灯灭", "第二回 书店重开", "第一百零三回 尾声"),
        ("卷一", "卷二", "卷三 归途"),
        ("第1節 初雪", "第2節 鐘樓", "第3節"),
        ("【第一集】", "【第二集】", "【第三集】"),
        ("楔子", "第一章：初雪", "后记"),
        ("Chapter 1", "Chapter II The Bell", "Chapter 3"),
    ],
    ids=lambda headings: headings[0],
)
def test_chapters_are_articles_that_know_their_book(headings: tuple[str, ...]) -> None:
    whole = book(*headings)
    chapters = split_long(whole)
    assert [chapter.title for chapter in chapters] == [f"长书 · {heading}" for heading in headings]
    assert [chapter.id for chapter in chapters] == ["b-1", "b-2", "b-3"]
    assert "\n".join(chapter.text for chapter in chapters) == whole.text
    assert {(c.author, c.date, c.url, c.path) for c in chapters} == {
        ("某人", 0, "https://b.example/", "p/b.txt")
    }
    assert [extract(chapter.html).text for chapter in chapters] == [chapter.text for chapter in chapters]


def test_headings_of_html_begin_chapters_and_the_html_is_cut() -> None:
    parts = [
        f"<h2>{name}</h2><p><img src='{len(name)}{number}.png'></p><ul>"
        + f"<li><b>{PARAGRAPH}</b></li>" * 400
        + "</ul>"
        for number, name in enumerate(("初雪", "钟楼"))
    ]
    body = f"<div><h1>长书</h1>{''.join(parts)}</div>"
    text = extract(body).text
    chapters = split_long(Article("b", "p", "长书", text, body))
    assert [chapter.title for chapter in chapters] == ["长书 · 初雪", "长书 · 钟楼"]
    assert "21.png" in chapters[1].html
    assert "<b>" in chapters[1].html
    assert "\n".join(extract(chapter.html).text for chapter in chapters) == text


@pytest.mark.parametrize("line", [PARAGRAPH, "无标点" * 100_000], ids=["paragraphs", "one line"])
def test_without_chapters_there_are_equal_parts(line: str) -> None:
    text = "\n".join([line] * (1 + MAX_LENGTH // len(line)))
    parts = split_long(Article("b", "p", "长书", text, as_html(text)))
    assert parts[0].title == f"长书 · 1/{len(parts)}"
    assert "".join(part.text for part in parts).replace("\n", "") == text.replace("\n", "")
    assert max(len(part.text) for part in parts) <= 2 * PART_LENGTH


def test_a_sentence_that_counts_is_no_heading() -> None:
    text = "\n".join([*CHAPTER * 20, "第三章我读到一半就睡着了。", "第一次", *CHAPTER * 20])
    assert all(
        " · 1/" in part.title or "/" in part.title for part in split_long(Article("b", "p", "书", text))
    )


def test_a_text_that_is_not_long_stays_whole() -> None:
    article = Article("a", "p", "题", "第一章\n" + PARAGRAPH)
    assert split_long(article) == (article,)


@given(
    st.lists(
        st.sampled_from(["第一章 雪", "第二章", PARAGRAPH * 30, "短句", "卷一"]), min_size=20, max_size=60
    )
)
def test_no_line_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = split_long(Article("a", "p", "题", text, as_html(text)))
    assert "\n".join(part.text for part in parts) == text
    assert len({part.id for part in parts}) == len(parts)
    assert all(extract(part.html).text == part.text for part in parts)


def test_a_hit_anywhere_has_its_snippet(archive: Archive) -> None:
    text = "\n".join(
        [*CHAPTER * 20, "第二章 钟楼", *CHAPTER * 10, f"{PARAGRAPH}跨省通办{PARAGRAPH}", *CHAPTER * 10]
    )
    archive.write("长书.txt", text)
    archive.write("中篇.txt", "\n".join([*CHAPTER * 25, "龙门吊在港口"]))
    archive.sync()
    with closing(Searcher(archive.directory, SearchSettings())) as searcher:
        for words in ("跨省通办", "龙门吊"):
            (hit,) = searcher.search(SearchRequest(words)).hits
            assert f"<mark>{words}</mark>" in hit.snippets[0].to_html()
    assert archive.agrees()
