"""What a query matches, and in part where little matches: plans, carried out over small archives."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import ANALYZER, ARCHIVE, MANDATORY, Archive, archive_of, article
from properties import examples
from whoosh import query

from search.planning.matching import match_any


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    with archive_of(ARCHIVE) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("公安", "abcg"),
        ("公安 放管服", "a"),
        ("公安 AND 放管服", "a"),
        ("公安 OR 放管服", "abcdg"),
        ("公安 -放管服", "bcg"),
        ("公安 NOT 放管服 -交管", "b"),
        ("NOT 公安", "def"),
        ("-公安 -放管服", "ef"),
        ("(公安 OR 放管服) -(改革 部门)", "bdg"),
        ("NOT (公安 OR 放管服)", "ef"),
        ("公安交管", "acg"),  # words, wherever they are
        ("“公安交管”", "a"),  # exactly this
        ("“公安” “交管”", "acg"),
        ("驾驶", "bcg"),
        ("驶证", "bc"),  # any part of a word
        ("驾驶证", "bc"),
        ("「部门发布新规」", "c"),
        ("“今天发布通告。”", "a"),
        ("“部门，协同”", ""),  # punctuation is not there
        ("“化部门”", ""),  # but a full stop is
        ("证", "bcg"),
        ("。", ""),
        ("title:公安", "ab"),
        ("body:公安", "abcg"),
        ("标题:公安 正文:交管", "a"),
        ("title:(公安 OR 交管)", "abc"),
        ("-title:公安 公安", "cg"),
        ("author:张三", "ac"),
        ("author:李四", "bc"),
        ("author:张三、李四", "c"),
        ("author:张", ""),
        ("author:张*", "ac"),
        ("author:tom*", "f"),
        ("作者:(张三 OR 王五)", "acd"),
        ("category:新闻", "ab"),
        ("category:新闻/国内", "a"),
        ("category:国内", "a"),
        ("category:新闻*", "ab"),
        ("分类：編程", "fg"),
        ("公安 category:新闻", "ab"),
        ("公安 -category:新闻", "cg"),
        ("date:2022", "ab"),
        ("date:2022-01", "a"),
        ("date:2022-01-04", "a"),
        ("date:2022-01..2022-02", "ab"),
        ("date:>=2022-02", "bc"),
        ("date:<2022", "e"),
        ("-date:>=0001", "dfg"),  # those without a date
        ("公安 date:2022 -date:2022-01", "b"),
        ("驾驶*", "bcg"),
        ("驾驶证*", "bc"),
        ("kube*", "ef"),
        ("K*", "ef"),
        ("12*", "f"),
        ("gpt-4*", "f"),
        ("c+*", "f"),
        ("title:kube*", "f"),
        ("tensor?low", "e"),
        ("T*r*w", "e"),
        ("k?b?r*", "ef"),
        ("kub?", ""),
        ("kubernets~", "ef"),
        ("kubrenetes~", "ef"),  # two letters swapped are one mistake
        ("kubernet~", ""),
        ("kubernet~2", "ef"),
        ("title:kubernets~", "f"),
        ("C++", "f"),
        ("C#", "f"),
        ("c", "f"),
        ("GPT-4 12123", "f"),
        ("ＴＥＮＳＯＲＦＬＯＷ", "e"),
        ("駕駛證", "bc"),
        ("“公安 部门”~1", "a"),
        ("“部门 公安”~1", ""),
        ("“公安 部门”~6", "a"),  # in c the other way round, seven units from where it would follow
        ("“公安 部门”~7", "ac"),
        ("“公安 表彰”~5", "b"),
        ("“公安 表彰”~3", ""),
        ("title:“公安 改革”~10", "a"),
        ("“kubernetes tensorflow”~2", "e"),  # words of one unit each
        ("“kubernetes tensorflow”~1", "e"),
        ("“kubernetes 用户”~2", ""),
        ("“kubernetes 用户”~3", "e"),
        ("“证 件”~3", "g"),
        ("“gpt 4”~1", "f"),
        (f"“kubernetes {'x' * 980}”~1", ""),
        ("“公安 通告”~3 OR 天气", "e"),
    ],
)
def test_what_is_found(archive: Archive, text: str, found: str) -> None:
    assert "".join(sorted(archive.strict(text))) == found


@pytest.mark.parametrize("text", ["", "  ", "？", "“”", "()", "-()", "…… ——", '"。"', "title:！"])
def test_nothing_to_search_for_finds_nothing_and_says_so(archive: Archive, text: str) -> None:
    plan = archive.plan(text)
    assert archive.ids(plan.strict) == set()
    assert plan.relaxed is None
    assert not plan.scores
    assert not plan.highlight_terms
    assert plan.understood == ""
    assert [str(note) for note in plan.notes] == ["There is nothing to search for."]


@pytest.mark.parametrize("text", ["公安 ？", "公安 - 。", "公安 “！” ()", "公安 -“。”", "title:！ 公安"])
def test_what_is_nothing_takes_nothing_away(archive: Archive, text: str) -> None:
    assert archive.strict(text) == archive.strict("公安")
    assert archive.plan(text).understood == "公安"


# Relaxation


def test_partial_matches_have_one_of_the_words(archive: Archive) -> None:
    assert archive.strict("放管服 驾驶证") == set()
    assert archive.relaxed("放管服 驾驶证") >= {"a", "b", "c", "d"}
    assert not archive.relaxed("放管服 驾驶证") & {"e", "f"}


def test_words_of_one_text_are_relaxed_like_words_apart(archive: Archive) -> None:
    assert archive.relaxed("交管部门天气") >= {"a", "c", "e"}


@pytest.mark.parametrize(
    "text",
    ["公安", "kube*", "“公安 放管服”", "author:张三", "date:2022", "公安 OR 放管服", "-公安", "(a OR b) c"],
)
def test_one_word_or_none_has_no_partial_matches(archive: Archive, text: str) -> None:
    assert archive.plan(text).relaxed is None


@pytest.mark.parametrize(
    "text", ["放管服 AND 驾驶证", "放管服 AND 天气 AND 公安", "(放管服 天气) AND 驾驶证"]
)
def test_and_is_never_relaxed(archive: Archive, text: str) -> None:
    assert archive.plan(text).relaxed is None


def test_what_and_stands_between_is_kept_where_other_words_are_relaxed(archive: Archive) -> None:
    assert (
        archive.relaxed("天气 手册 公安 AND 交管") == archive.strict("(天气 OR 手册) 公安 AND 交管") == {"g"}
    )


@pytest.mark.parametrize("mandatory", MANDATORY)
@pytest.mark.parametrize("words", ["放管服 驾驶证", "天气 公安", "改革部门"])
@pytest.mark.parametrize("order", ["{words} {mandatory}", "{mandatory} {words}"])
def test_partial_matches_are_never_without_what_is_mandatory(
    archive: Archive, mandatory: str, words: str, order: str
) -> None:
    text = order.format(words=words, mandatory=mandatory)
    allowed = archive.strict(mandatory)
    assert archive.strict(text) <= archive.relaxed(text) <= allowed
    assert archive.relaxed(text) == archive.relaxed(words) & allowed


texts = st.lists(st.sampled_from(["公安", "部门", "放管服", "改革", "交管", "，", "雨"]), max_size=6).map(
    "".join
)
words = st.sampled_from(["公安", "部门", "放管服", "改革", "交管", "雨", "安部"])
parts = st.one_of(
    words,
    words,
    words.map("-{}".format),
    words.map("“{}”".format),
    words.map("title:{}".format),
    words.map("-title:“{}”".format),
    st.tuples(words, words).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
    st.tuples(words, words).map(lambda pair: f"-({pair[0]} {pair[1]})"),
)


def has(text: str, part: str) -> bool:
    """Whether a part of a query, as it is written above, holds of an article whose title is its text."""
    if part.startswith("-"):
        return not has(text, part[1:])
    part = part.removeprefix("title:")
    if part.startswith("("):
        sides = re.split(r" OR | ", part[1:-1])
        return (any if " OR " in part else all)(has(text, side) for side in sides)
    if part.startswith("“"):
        return part[1:-1] in text
    return all(word in text for word in re.findall("公安|部门|放管服|改革|交管|雨|安部", part))


@settings(max_examples=examples(25))
@given(
    st.lists(texts, min_size=1, max_size=8),
    st.lists(st.lists(parts, min_size=1, max_size=4), min_size=10, max_size=20),
)
def test_queries_match_what_their_parts_say(titles: list[str], queries: list[list[str]]) -> None:
    by_id = {f"{i}": title for i, title in enumerate(titles)}
    with archive_of([article(i, title) for i, title in by_id.items()]) as archive:
        for typed in queries:
            text = " ".join(typed)
            wanted = {i for i, title in by_id.items() if all(has(title, part) for part in typed)}
            assert archive.strict(text) == wanted, text
            plan = archive.plan(text)
            if plan.relaxed is not None:
                found = archive.ids(plan.relaxed)
                assert wanted <= found, text
                bound = [part for part in typed if part[0] in "-“("]
                assert all(has(by_id[i], part) for i in found for part in bound), text


# Many words


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[Archive, ...]]:
    """Two archives, each with some of the words and not with others."""
    with archive_of(ARCHIVE[:4]) as first, archive_of(ARCHIVE[3:]) as second:
        yield first, second


@settings(max_examples=examples(50))
@given(
    words=st.lists(
        st.sampled_from(["公安", "部门", "放管服", "改革", "驾", "kubernetes", "没有"]), min_size=2
    )
)
def test_many_words_are_looked_up_at_once_and_find_the_same(
    halves: tuple[Archive, ...], words: list[str]
) -> None:
    groups = [("text", tuple(ANALYZER.units(word))) for word in words]
    at_once = match_any(groups, many_terms=1)
    one_by_one = match_any(groups, many_terms=1000)
    for archive in halves:
        assert archive.ids(query.Or(at_once)) == archive.ids(query.Or(one_by_one))
