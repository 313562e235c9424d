"""Passages with marks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis import Analyzer
from index.settings import zone
from search.planning.plan import HighlightTerm
from search.planning.planner import make_plan
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.settings import SearchSettings
from search.snippets import LENGTH, LOOKED_AT, Highlighter, Snippet

ANALYZER = Analyzer()
BOTH = ("title", "body")


def term(text: str, *, weight: float = 1.0, is_prefix: bool = False) -> HighlightTerm:
    return HighlightTerm(tuple(ANALYZER.units(text)), BOTH, weight, is_prefix)


def needles_of(typed: str) -> tuple[HighlightTerm, ...]:
    """What is marked for a query."""
    tree = parse_query(typed, SearchSettings(), zone("UTC")).tree
    return make_plan(tree, QueryContext(ANALYZER, lambda field, prefix: [], 200, 1000)).highlight_terms


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.highlights]


def shown(snippet: Snippet) -> str:
    """A snippet in plain text, with brackets for marks."""
    html = snippet.to_html().replace("<mark>", "[").replace("</mark>", "]")
    return unescape(html)


# Titles


@pytest.mark.parametrize(
    ("title", "typed", "wanted"),
    [
        ("公安部门推进放管服改革", "放管服", "公安部门推进[放管服]改革"),
        ("公安部门推进“放管服”改革", "放管服 公安", "[公安]部门推进“[放管服]”改革"),
        ("_放管服_改革", "放管服改革", "_[放管服_改革]"),
        ("放 管 服", "放管服", "[放 管 服]"),
        ("改革改革", "改革", "[改革改革]"),
        ("改革，改革", "改革", "[改革]，[改革]"),
        ("驾驶证与驾驶", "驾驶证", "[驾驶证]与驾驶"),
        ("驾驶员的驾驶证", "驾驶证", "驾驶员的[驾驶证]"),
        ("驾驶证与驾驶", "驾驶", "[驾驶]证与[驾驶]"),
        ("學駕駛證", "驾驶证", "學[駕駛證]"),
        ("Ｋｕｂｅｒｎｅｔｅｓ 入门", "kubernetes", "[Ｋｕｂｅｒｎｅｔｅｓ] 入门"),
        ("kubernetes 与 kube", "kube", "kubernetes 与 [kube]"),
        ("kubernetes 与 kube", "kube*", "[kube]rnetes 与 [kube]"),
        ("3.14 与 3.1 与 3", "3.1", "3.14 与 [3.1] 与 3"),
        ("3.14 与 3.1 与 3", "3", "3.14 与 3.1 与 [3]"),
        ("C#、C++ 与 C", "C#", "[C#]、C++ 与 C"),
        ("C#、C++ 与 C", "C++", "C#、[C++] 与 C"),
        ("2022年1月", "“2022年1月”", "[2022年1月]"),
        ("2022年12月", "“2022年1”", "2022年12月"),
        ("今天，明天。", "“今天，明天”", "[今天，明天]。"),
        ("今天明天", "“今天，明天”", "今天明天"),
        ("今天。……明天", "“今天，明天”", "[今天。……明天]"),
        ("公安交管，公安，交管", "公安 交管", "[公安交管]，[公安]，[交管]"),
        ("的的确确", "的", "[的的]确确"),
        ("北京的秋天", "北京的秋天", "[北京的秋天]"),
        ("北京，秋天的", "北京的秋天", "[北京]，[秋天]的"),
        ("公安", "-公安 交管", "公安"),
        ("我❤️北京，按1️⃣键，点👍🏽赞", "❤ 1 👍", "我[❤️]北京，按[1️⃣]键，点[👍🏽]赞"),
        ("一家👨\u200d👩\u200d👧好", "👩", "一家[👨\u200d👩\u200d👧]好"),
        ("🇨🇳🇯🇵赛", "🇨🇳", "[🇨🇳]🇯🇵赛"),
        ("🇨🇳🇯🇵赛", "🇵", "🇨🇳[🇯🇵]赛"),
        ("cafe\u0301 cafes", "cafe", "[cafe\u0301] cafes"),
        ("按3️⃣键", "3️⃣", "按[3️⃣]键"),
        ("<b>公安</b> & 交管", "公安", "<b>[公安]</b> & 交管"),
        ("", "公安", ""),
    ],
)
def test_a_title_with_its_marks(title: str, typed: str, wanted: str) -> None:
    assert shown(Highlighter(needles_of(typed)).highlight(title, "title")) == wanted


def test_marks_are_of_the_field_that_was_searched() -> None:
    title_only = needles_of("title:公安")
    assert marked(Highlighter(title_only).highlight("公安", "title")) == ["公安"]
    assert marked(Highlighter(title_only).snippets("公安")[0]) == []
    body_only = needles_of("body:公安")
    assert marked(Highlighter(body_only).highlight("公安", "title")) == []
    assert marked(Highlighter(body_only).snippets("公安")[0]) == ["公安"]


ODD = [
    "😀", "👨‍👩‍👧", "🇨🇳", "𠮷", "e\u0301", "é", "…", "……", "㎡", "½", "ﬁ", "ﷺ", "㍿",
    "İ", "ß", "Ａ", "１", "\u200b", "\ufeff", "\u00ad", "\u3000", "葛\U000e0100", "\ud83d", "\x07",
    "①", "Ǆ", "ｶﾞ", "ﾊﾟ", "각", "क्षि", "\r\n", "&amp;", "<i>",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("times", [1, 3])
def test_marks_stand_in_the_right_place_among_odd_characters(odd: str, times: int) -> None:
    text = f"{odd * times}放管服{odd * times}放管服{odd}"
    found = Highlighter([term("放管服")]).highlight(text, "title")
    start = len(odd) * times
    assert found.highlights == ((start, start + 3), (2 * start + 3, 2 * start + 6))


@pytest.mark.parametrize(
    "odd", ["\u200b", "\ufeff", "\u00ad", "”", "·", "_", " ", "\u3000", "\ufe0f"], ids=ascii
)
def test_what_is_transparent_inside_a_word_is_inside_its_mark(odd: str) -> None:
    text = f"推进放{odd}管{odd}{odd}服改革"
    assert marked(Highlighter([term("放管服")]).highlight(text, "title")) == [f"放{odd}管{odd}{odd}服"]


@pytest.mark.parametrize(
    ("text", "typed", "wanted"),
    [
        ("面积100㎡左右", "m", ["㎡"]),
        ("面积100㎡左右", "100m2", ["100㎡"]),
        ("ﬁle ﬁsh", "file", ["ﬁle"]),
        ("占½强", "1", ["½"]),
        ("占½强", "2强", ["½强"]),
        ("㍿公安", "株式会社公安", ["㍿公安"]),
        ("①公安", "1", ["①"]),
    ],
)
def test_a_character_of_which_a_part_is_meant_is_marked_whole(
    text: str, typed: str, wanted: list[str]
) -> None:
    assert marked(Highlighter([term(typed)]).highlight(text, "title")) == wanted


# Passages


def test_a_short_text_is_shown_whole() -> None:
    assert [shown(s) for s in Highlighter(needles_of("改革")).snippets("公安部门推进改革。")] == [
        "公安部门推进[改革]。"
    ]


def test_without_marks_the_start_is_shown() -> None:
    text = "第一句话。" * 60
    (only,) = Highlighter(needles_of("没有")).snippets(text)
    assert text.startswith(only.text)
    assert only.highlights == ()
    assert not only.before
    assert LENGTH / 2 <= len(only.text) <= 2 * LENGTH


def test_no_text_has_no_passage() -> None:
    assert Highlighter(needles_of("公安")).snippets("") == ()


def test_a_text_of_white_space_is_no_trouble() -> None:
    assert all(s.text == "" for s in Highlighter(needles_of("公安")).snippets(" \n　\n"))


def test_a_passage_is_made_of_whole_sentences_where_they_are_short() -> None:
    text = "早先说的是别的事。" * 30 + "那天公安来了。" + "后来说的又是别的事。" * 30
    (only,) = Highlighter(needles_of("公安")).snippets(text)
    assert only.text.startswith(("早先", "那天"))
    assert only.text.endswith("。")
    assert "那天公安来了。" in only.text
    assert not only.before  # it begins and ends with a sentence: nothing is cut off
    assert not only.after


def test_an_ellipsis_stands_where_a_sentence_is_cut() -> None:
    text = "甲乙丙丁戊己庚辛" * 40 + "公安" + "子丑寅卯辰巳午未" * 40
    (only,) = Highlighter(needles_of("公安")).snippets(text)
    assert only.before
    assert only.after
    assert shown(only).startswith("…")
    assert shown(only).endswith("…")
    assert len(only.text) <= 2 * LENGTH


def test_words_apart_are_shown_in_two_passages_in_the_order_of_the_text() -> None:
    text = "开头。" * 30 + "这里有公安。" + "中间。" * 100 + "这里有交管。" + "结尾。" * 30
    for typed in ("公安 交管", "交管 公安"):
        first, second = Highlighter(needles_of(typed)).snippets(text)
        assert marked(first) == ["公安"]
        assert marked(second) == ["交管"]


def test_words_together_are_shown_in_one_passage() -> None:
    text = "公安。" + "开头。" * 100 + "这里有公安，也有交管。" + "结尾。" * 100 + "交管。"
    (only,) = Highlighter(needles_of("公安 交管")).snippets(text)
    assert marked(only) == ["公安", "交管"]


def test_what_was_typed_is_shown_rather_than_its_words() -> None:
    text = "图书馆，漂浮。" + "开头。" * 100 + "漂浮图书馆开放。" + "结尾。" * 100 + "漂浮，图书馆。"
    assert "漂浮图书馆" in [
        mark for s in Highlighter(needles_of("漂浮图书馆")).snippets(text) for mark in marked(s)
    ]


def test_so_many_passages_and_no_more() -> None:
    names = ["公安", "交管", "天气", "改革"]
    text = "".join(f"{name}。" + "别的事。" * 100 for name in names)
    for limit in (1, 2, 3):
        assert len(Highlighter(needles_of(" ".join(names))).snippets(text, limit)) == limit


# Every character of it is another one, so that places in a text are known; none is in a term.
FILLING = "".join(map(chr, range(0x5000, 0x6000)))


dense = st.lists(st.integers(1, 8), min_size=4, max_size=7).map(lambda found: [(d, "驾驶证") for d in found])
sparse = st.lists(
    st.tuples(st.integers(1, 130), st.sampled_from(["驾驶证", "鲸鱼", "。", "kubernetes", "是。不是"])),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(250))
@given(
    st.lists(dense | sparse, min_size=1, max_size=3).map(
        lambda found: [pair for part in found for pair in part]
    )
)
def test_passages_never_overlap_or_cut_a_word_that_is_marked(pieces: list[tuple[int, str]]) -> None:
    text, used = "", 0
    for distance, piece in pieces:
        text += FILLING[used : used + distance] + piece
        used += distance
    text += FILLING[used : used + 200]
    places = [found.span() for found in re.finditer("驾驶证|鲸鱼|kubernetes|是。不是", text)]
    highlight_terms = [term("驾驶证", weight=3), term("鲸鱼"), term("kubernetes"), term("是。不是")]
    shown_so_far = 0
    for snippet in Highlighter(highlight_terms).snippets(text, 3):
        first = next((i for i, c in enumerate(snippet.text) if c in FILLING), None)
        if first is None:
            continue
        start = text.index(snippet.text[first]) - first
        end = start + len(snippet.text)
        assert text[start:end] == snippet.text
        assert start >= shown_so_far  # passages are in order, and don't overlap
        shown_so_far = end
        inside = {(a, b) for a, b in places if start <= a and b <= end}
        cut = {(a, b) for a, b in places if a < end and b > start} - inside
        assert not cut, shown(snippet)
        covered = {place for a, b in snippet.highlights for place in range(a + start, b + start)}
        assert covered == {place for a, b in inside for place in range(a, b)}


@pytest.mark.parametrize("shift", range(12))
def test_a_passage_cuts_no_word_of_letters_and_no_character_of_several(shift: int) -> None:
    words = "Kubernetes与Prometheus和👨\u200d👩\u200d👧及nai\u0308ve或"
    text = "甲" * shift + words * 12 + "放管服" + "乙" * shift + words * 12
    (only,) = Highlighter(needles_of("放管服")).snippets(text)
    start = text.index(only.text)
    for place in (start, start + len(only.text)):
        before, after = text[place - 1], text[place]
        assert not (before.isascii() and before.isalpha() and after.isascii() and after.isalpha())
        assert after not in "\u200d\u0308"
        assert before != "\u200d"


def test_a_word_is_not_marked_where_only_its_start_was_looked_at() -> None:
    for length in LOOKED_AT:
        text = "甲" * (length - 4) + "kubernetes与" + "乙" * 60_000
        assert [marked(snippet) for snippet in Highlighter(needles_of("kube")).snippets(text)] == [[]]


# HTML


def test_html_is_escaped_inside_and_outside_of_marks() -> None:
    snippet = Highlighter([term("a&b")]).highlight("<script>a&b</script> \"A&B\" 'x'", "title")
    assert snippet.to_html() == (
        "&lt;script&gt;<mark>a&amp;b</mark>&lt;/script&gt; &#34;<mark>A&amp;B</mark>&#34; &#39;x&#39;"
    )


def test_marks_in_the_text_itself_are_text() -> None:
    snippet = Highlighter([term("公安")]).highlight("<mark>公安</mark>", "title")
    assert snippet.to_html() == "&lt;mark&gt;<mark>公安</mark>&lt;/mark&gt;"


# Properties

# bench/README.md has the command that takes 20,000.
EXAMPLES = int(os.environ.get("HIGHLIGHT_EXAMPLES", "200"))

PIECES = [
    "公安", "放管服", "改革", "驾驶证", "驾", "驶", "证", "的", "a", "ab", "abc", "3", "3.4", "4",
    "C++", "C#", "kube", "kubernetes", " ", "　", "，", "。", "\n", "“", "”", "_", "·", ".", "-",
    "…", "<", ">", "&", "<mark>", "</mark>", "\"", "😀", "𠮷", "e\u0301", "\u200b", ",", "000", "1,000",
    "12,345.6", ".net", "node.js", "著", "裡", "か", "か\u3099", "が", "한", "\u1112\u1161\u11ab",
    "é", "\u0301", "\ufe0f", "\u200d",
]  # fmt: skip
EXPANDING = ["㎡", "½", "ﬁ", "㍿", "①", "İ", "²", "⒈", "ｶﾞ", "℃", "ß", "㏠"]
texts = st.lists(st.sampled_from(PIECES), max_size=80).map("".join)
odd_texts = st.lists(st.sampled_from(PIECES + EXPANDING) | st.characters(), max_size=60).map("".join)
wanted = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join).filter(ANALYZER.units)


def occurs(part: Sequence[str], whole: Sequence[str]) -> bool:
    return any(list(whole[i : i + len(part)]) == list(part) for i in range(len(whole) - len(part) + 1))


def check(snippet: Snippet, text: str) -> None:
    assert snippet.text in text
    ends = [0, *(place for mark in snippet.highlights for place in mark), len(snippet.text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in snippet.highlights)
    assert all(a[1] < b[0] for a, b in zip(snippet.highlights, snippet.highlights[1:], strict=False))
    html = snippet.to_html()
    html = html.removeprefix("…") if snippet.before else html
    html = html.removesuffix("…") if snippet.after else html
    assert html.count("<mark>") == html.count("</mark>") == len(snippet.highlights)
    assert "<" not in re.sub(r"</?mark>", "", html)
    assert unescape(re.sub(r"</?mark>", "", html)) == snippet.text
    assert [unescape(found) for found in re.findall("<mark>(.*?)</mark>", html, re.DOTALL)] == marked(snippet)


@settings(max_examples=examples(EXAMPLES))
@given(texts, st.lists(wanted, min_size=1, max_size=3), st.booleans())
def test_without_its_marks_a_snippet_is_a_part_of_the_text(
    text: str, typed: list[str], is_prefix: bool
) -> None:
    found = [term(each, is_prefix=is_prefix) for each in typed]
    title = Highlighter(found).highlight(text, "title")
    assert title.text == text
    check(title, text)
    for passage in Highlighter(found).snippets(text):
        check(passage, text)
        for mark in marked(passage):
            assert mark in "".join(marked(title)) or any(mark in whole for whole in marked(title))


@settings(max_examples=examples(EXAMPLES))
@given(odd_texts, wanted)
@example("3.4", "3")
@example("ab3ab", "3")
@example("a.3", "a.3")
@example("11 1 1", "1 1")
def test_marks_are_where_the_units_are_and_nowhere_else(text: str, typed: str) -> None:
    searched = term(typed)
    units = ANALYZER.units(text)
    title = Highlighter([searched]).highlight(text, "title")
    assert bool(title.highlights) == occurs(searched.units, units)
    for mark in marked(title):
        assert occurs(searched.units, ANALYZER.units(mark))


@settings(max_examples=examples(EXAMPLES))
@given(texts, wanted)
@example("公安\u200d👮", "公安")
@example("公安\u200d👮", "👮")
def test_what_is_marked_is_what_was_typed_and_no_more(text: str, typed: str) -> None:
    searched = term(typed)
    for mark in marked(Highlighter([searched]).highlight(text, "title")):
        units = ANALYZER.units(mark)
        # Occurrences that touch are one mark.
        times, rest = divmod(len(units), len(searched.units))
        assert rest == 0
        assert units == list(searched.units) * times


@settings(max_examples=examples(EXAMPLES))
@given(odd_texts, st.lists(wanted, min_size=1, max_size=4), st.integers(1, 3))
def test_every_passage_shows_a_mark_if_there_is_any(text: str, typed: list[str], limit: int) -> None:
    found = [term(each) for each in typed]
    made = Highlighter(found).snippets(text, limit)
    assert len(made) <= limit
    assert bool(made) == bool(text)
    if Highlighter(found).highlight(text, "body").highlights:
        assert all(passage.highlights for passage in made)
