"""Did you mean, and why nothing is found: over the example archive and small ones, with each engine."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import examples

from search.assist.budget import MeteredIndex
from search.assist.corrections import corrections
from search.assist.pinyin import near_sound, readings
from search.deadline import Deadline
from search.request import SearchRequest
from search.results import Results
from search.searcher import FEW, Searcher
from search.settings import SearchSettings

CASES = json.loads((Path(__file__).parent / "cases" / "spelling.json").read_text(encoding="utf-8"))


def exact(results: Results) -> int:
    return results.total


@pytest.mark.parametrize("case", CASES, ids=[case["typed"] for case in CASES])
def test_golden_cases(searcher: Searcher, case: dict[str, str]) -> None:
    found = searcher.search(SearchRequest(case["typed"])).suggestion
    assert (found and found.query) == case["suggestion"], case["comment"]


@pytest.mark.parametrize("case", CASES, ids=[case["typed"] for case in CASES])
def test_reading_few_articles_finds_what_trying_every_character_finds(
    searcher: Searcher, case: dict[str, str]
) -> None:
    text = case["typed"]
    with searcher.reader.acquire() as index:
        by_reading, by_trying = (
            next(
                corrections(MeteredIndex(index, text, Deadline(60.0), most_read=most), "text", text, 0), None
            )
            for most in (50, 0)
        )
    assert by_reading == by_trying


ALPHABET = '临江地铁贴图书馆管候鸟了马拉松ab "“”()-OR:*~^1，。標题title:'


@pytest.mark.slow
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(ALPHABET, min_size=1, max_size=14))
def test_a_suggestion_finds_what_it_promises_and_more_than_what_was_typed(
    searcher: Searcher, text: str
) -> None:
    results = searcher.search(SearchRequest(text))
    if results.suggestion is not None:
        again = searcher.search(SearchRequest(results.suggestion.query))
        assert exact(again) == results.suggestion.total > exact(results)
        assert exact(results) < FEW
    if results.zero_results is not None:
        assert exact(results) == 0
        for part in results.zero_results.parts:
            if part.rest:
                assert exact(searcher.search(SearchRequest(part.rest))) == part.rest_total
            assert exact(searcher.search(SearchRequest(part.text))) == part.total


def test_a_suggestion_keeps_to_the_filters(searcher: Searcher) -> None:
    everywhere = searcher.search(SearchRequest("地贴")).suggestion
    inside = searcher.search(SearchRequest("地贴", category=("金融",))).suggestion
    elsewhere = searcher.search(SearchRequest("地贴", category=("文化",))).suggestion
    assert everywhere is not None and inside is not None
    assert (everywhere.query, inside.query) == ("地铁", "地铁")
    assert everywhere.total > inside.total > 0
    assert elsewhere is None


def test_later_pages_give_no_advice(searcher: Searcher) -> None:
    results = searcher.search(SearchRequest("临江 地贴", page=2, size=2))
    assert results.hits
    assert results.suggestion is None and results.zero_results is None


def test_advice_is_given_where_it_is_wanted(searcher: Searcher) -> None:
    wanted = SearchRequest("地贴")
    with_it, without = searcher.search(wanted), searcher.search(wanted, advise=False)
    assert with_it.suggestion is not None and with_it.zero_results is not None
    assert without.suggestion is None and without.zero_results is None
    assert [hit.article.id for hit in without.hits] == [hit.article.id for hit in with_it.hits]


def test_a_rare_text_is_right_unless_another_is_much_likelier(any_archive: Archive) -> None:
    texts = {f"{number}": "交通管理部门" for number in range(300)} | {
        "x": "这里写成了交通管里",
        "y": "青岚管里",
    }
    any_archive.lines("posts.jsonl", texts)
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings(), processor_clock=lambda: 0.0)) as searcher:
        common = searcher.search(SearchRequest("交通管里"))
        assert common.suggestion is not None
        assert (exact(common), common.suggestion.query, common.suggestion.total) == (1, "交通管理", 300)
        assert searcher.search(SearchRequest("青岚管里")).suggestion is None


def test_letters_are_words_of_more_articles_first(any_archive: Archive) -> None:
    """The word may be a part of longer ones; a word that starts so comes before one that sounds so."""
    texts = {f"a{number}": "交管部门提醒" for number in range(9)} | {
        "b": "浇灌 库比",
        "c": "浇灌 库比",
        "d": "交管 浇灌",
        "e": "交管 kubernetes",
        "f": "kubernetes kubernetesbyexample",
        "g": "kubernetes kubernetesbyexample",
    }
    any_archive.lines("posts.jsonl", texts)
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings(), processor_clock=lambda: 0.0)) as searcher:
        found = searcher.search(SearchRequest("jiaoguan"))
        assert found.suggestion is not None
        assert (found.suggestion.query, found.suggestion.total) == ("交管", 11)
        assert [each.query for each in found.other_suggestions] == ["浇灌"]
        found = searcher.search(SearchRequest("kub"))
        assert found.suggestion is not None and found.suggestion.query == "kubernetes"
        assert [one.text for one in searcher.suggest("kub")][:2] == ["kubernetes", "kubernetesbyexample"]
        assert [one.text for one in searcher.suggest("kubernetes")][:1] == ["kubernetes"]
        assert [one.text for one in searcher.suggest("jiaoguan")][:1] == ["交管"]


def test_advice_follows_the_index(any_archive: Archive) -> None:
    any_archive.lines("posts.jsonl", {"a": "跨省通办", "b": "放管服"})
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings(), processor_clock=lambda: 0.0)) as searcher:
        found = searcher.search(SearchRequest("跨省通半"))
        assert found.suggestion is not None and found.suggestion.query == "跨省通办"
    any_archive.lines("posts.jsonl", {"b": "放管服", "c": "跨省通班"})
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings(), processor_clock=lambda: 0.0)) as searcher:
        found = searcher.search(SearchRequest("跨省通半"))
        assert found.suggestion is not None and found.suggestion.query == "跨省通班"


def test_words_that_no_article_has_together_are_counted(searcher: Searcher) -> None:
    results = searcher.search(SearchRequest("地铁 马拉松 火星"))
    assert results.zero_results is not None
    parts = {part.text: part for part in results.zero_results.parts}
    assert list(parts) == ["地铁", "马拉松", "火星"]
    assert parts["火星"].total == 0 < parts["地铁"].total
    assert all(part.rest_total == 0 for part in parts.values())  # no two of them are together either
    both = searcher.search(SearchRequest("地铁 火星")).zero_results
    assert both is not None
    assert [(part.rest, part.rest_total) for part in both.parts] == [
        ("火星", 0),
        ("地铁", parts["地铁"].total),
    ]


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("标题:候鸟 AND 火星", ["标题:候鸟", "火星"]),
        ("title: 候鸟 -火星 火星", ["title: 候鸟", "火星", "火星"]),
        ('"放管服" (火星 OR 水星)^2 date:2022', ['"放管服"', "(火星 OR 水星)^2", "date:2022"]),
        ("火星候鸟", ["火星", "候鸟"]),
        ("标题:火星候鸟", ["title:火星", "title:候鸟"]),
        ("火星", ["火星"]),
        ("地铁 NOT 地铁", ["地铁", "地铁"]),
        ("一 二 三 四 五 六 七 火星", []),
        ("标题:(候鸟 火星)", ["title:候鸟", "title:火星"]),  # each with the field of the group
        ("title:(候鸟 AND 火星) 地铁", ["title:候鸟", "title:火星", "地铁"]),
        ("火星 AND(地铁)", ["火星", "(地铁)"]),
        (f'"放管服{"改革" * 400}" AND 火星', []),  # a passage
    ],
)
def test_what_was_asked_for_is_taken_apart_as_it_was_typed(
    searcher: Searcher, typed: str, parts: list[str]
) -> None:
    zero_results = searcher.search(SearchRequest(typed)).zero_results
    assert zero_results is not None
    assert [part.text for part in zero_results.parts] == parts


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("-地铁 火星", "地铁"),
        ("NOT(地铁) 火星", "(地铁)"),
        ("(NOT 地铁) 火星", "地铁"),
        ("火星 ＮＯＴ 地铁", "地铁"),
        ("火星 -(地铁 OR 标题:候鸟)", "(地铁 OR 标题:候鸟)"),
    ],
)
def test_what_was_excluded_is_told_as_that(searcher: Searcher, typed: str, asked: str) -> None:
    zero_results = searcher.search(SearchRequest(typed)).zero_results
    assert zero_results is not None
    (excluded,) = (part for part in zero_results.parts if part.kind == "excluded")
    assert excluded.text == asked
    assert excluded.total == exact(searcher.search(SearchRequest(asked))) > 0


def test_a_second_guess_does_not_depend_on_the_order_of_words(any_archive: Archive) -> None:
    """丝五 sounds like 四五 and 十五, of which only the second that is tried is beside 土壤."""
    any_archive.lines(
        "posts.jsonl",
        {**{f"a{n}": "来了四五个人" for n in range(20)}, "b": "八月十五土壤环境", "c": "土壤环境"},
    )
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings(), processor_clock=lambda: 0.0)) as searcher:
        for typed, meant in (("丝五 土壤环境", "十五 土壤环境"), ("土壤环境 丝五", "土壤环境 十五")):
            suggestion = searcher.search(SearchRequest(typed)).suggestion
            assert suggestion is not None and suggestion.query == meant


def test_filters_are_parts(searcher: Searcher) -> None:
    results = searcher.search(
        SearchRequest("马拉松", category=("金融",), author=("望川晚报",), date_from="1999", date_to="1999")
    )
    assert results.zero_results is not None
    found = {part.kind: part for part in results.zero_results.parts}
    assert list(found) == ["text", "category", "author", "date"]
    assert (found["category"].text, found["author"].text, found["date"].text) == ("金融", "望川晚报", "1999")
    assert found["date"].total == 0 < found["author"].total
    assert results.zero_results.unfiltered == found["text"].total == 1
    only = searcher.search(SearchRequest("马拉松", category=("金融",))).zero_results
    assert only is not None
    assert [(part.kind, part.rest, part.rest_total) for part in only.parts] == [
        ("text", "", exact(searcher.search(SearchRequest("", category=("金融",))))),
        ("category", "马拉松", 1),
    ]


def test_no_zero_results_where_something_is_found_or_nothing_is_asked(searcher: Searcher) -> None:
    for request in (SearchRequest("临江"), SearchRequest(""), SearchRequest("", category=("金融",))):
        assert searcher.search(request).zero_results is None
    assert searcher.search(SearchRequest("", category=("没有这个分类",))).zero_results is not None


def test_readings_are_the_common_ones() -> None:
    assert readings().of_character("行") == ("xing", "hang")
    assert readings().of_character("大") == ("da",)  # not dài, tài
    assert readings().of_word("银行行长") == ("yin", "hang", "hang", "zhang")
    assert readings().of_word("重庆") == ("chong", "qing")
    assert readings().of_word("A股") == ("a", "gu")
    assert readings().alike("里")["理"] is True
    assert readings().alike("鸟")["了"] is False
    assert "里" not in readings().alike("里")


@pytest.mark.parametrize(
    ("one", "other"), [("zhang", "zan"), ("ling", "nin"), ("hui", "fui"), ("chen", "ceng")]
)
def test_near_sounds(one: str, other: str) -> None:
    assert near_sound(one) == near_sound(other)
