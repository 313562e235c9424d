"""Line breaks of wrapped paragraphs go; those of verse, lists and short lines stay."""

from __future__ import annotations

import pytest

from index.sources.body import read_body

WRAPPED = (
    "　　青岚市位于临江平原东部，境内河网密\n布，自古为鱼米之乡。清代设县，民国推行放\n"
    "管服改革，方便群众就近办理各项业务，颇有成\n效，流传至今。"
)
JOINED = WRAPPED.replace("\n", "").strip()


@pytest.mark.parametrize(
    ("text", "suffix", "lines"),
    [
        (f"青岚市志\n\n{WRAPPED}", ".txt", ["青岚市志", JOINED]),
        (f"{WRAPPED}\n{WRAPPED}", ".txt", [JOINED, JOINED]),
        (f"<html><body><div>\n{WRAPPED}</div></body></html>", ".html", [JOINED]),
        (f"<p>\n{WRAPPED}</p>", ".html", [JOINED]),
        ("<p>全市推行一网<b>通\n</b>办，简化流程。</p>", ".html", ["全市推行一网通办，简化流程。"]),
        (WRAPPED.strip(), ".md", [JOINED]),
        ("> " + WRAPPED.strip().replace("\n", "\n> "), ".md", [JOINED]),
        ("> " + WRAPPED.replace("\n", "\n> "), ".txt", [f"> {JOINED}"]),
        ("- 项：" + WRAPPED.strip().replace("\n", "\n  "), ".md", [f"项：{JOINED}"]),
    ],
)
def test_a_wrapped_paragraph_is_one_line(text: str, suffix: str, lines: list[str]) -> None:
    assert read_body(text, suffix)[1].text.split("\n") == lines


@pytest.mark.parametrize("suffix", [".txt", ".md"])
@pytest.mark.parametrize(
    "text",
    [
        "山高月小\n水落石出",
        "江流有声，\n断岸千尺。",
        "姓名：张三\n单位：临江市政府\n地址：青岚路",
        "一篇文章的标题\n正文的第一段比标题长得多，它讲的是河口的观鸟站，还有每年冬天来的候鸟。",
        "第一段话在这里说完了，它比第二段长一些。\n第二段话也说完了。",
    ],
)
def test_lines_that_were_not_wrapped_stay(text: str, suffix: str) -> None:
    assert read_body(text, suffix)[1].text == text


def test_the_lines_of_a_list_stay() -> None:
    text = "采购清单如下，请核对后签字\n一、办公桌椅，共计三十套\n二、打印机，共计两台。"
    assert read_body(text, ".txt")[1].text == text


def test_a_break_is_a_space_where_it_is_not_between_han() -> None:
    assert read_body("<p>one\ntwo</p><p>甲类\n  乙类</p>")[1].text == "one two\n甲类 乙类"


def test_breaks_in_code_stay() -> None:
    assert read_body("<p>文</p><pre>甲，乙\n丙，丁。</pre>")[1].text == "文\n甲，乙\n丙，丁。"
