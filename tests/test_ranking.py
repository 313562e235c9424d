"""What a query scores by, how much of it is searched for, and what is marked: plans, carried out over small
archives. No test depends on particular weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from plans import ARCHIVE, Archive, archive_of, article, marked
from whoosh import query

from index.engines.base import Sort
from search.planning.matching import scored
from search.planning.scoring import WEIGHTS


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    with archive_of(ARCHIVE) as made:
        yield made


def test_an_article_that_matches_better_comes_first(archive: Archive) -> None:
    with archive_of(
        [
            article("often", "无题", "改革改革改革，部门。"),
            article("once", "无题", "改革，部门。" + "公安。" * 3),
            article("title", "改革部门", "改革，部门，改革，部门。"),
        ]
    ) as made:
        assert made.ranked("改革")[0] == "title"
        assert made.ranked("改革").index("often") < made.ranked("改革").index("once")
        assert made.ranked("改革 部门")[0] == "title"


def test_words_together_are_better_than_apart() -> None:
    with archive_of(
        [
            article("apart", "无题", "漂浮的船，还有一座图书馆，在河上。"),
            article("together", "无题", "漂浮图书馆，还有一艘船，在河上的。"),
        ]
    ) as made:
        assert made.ranked("漂浮图书馆") == ["together", "apart"]
        assert made.ranked("漂浮 图书馆") == ["together", "apart"]


@pytest.mark.parametrize(
    ("heavy", "light"),
    [
        ("公安^9 | 天气", "公安 | 天气^9"),
        ("“公安”^9 | 天气", "“公安” | 天气^9"),
        ("(公安)^9 | 天气", "公安 | (天气 天气)^9"),
        ("公安*^9 | 天气", "公安* | 天气*^9"),
        ("(公安 | 楷模)^9 | 天气", "(公安 | 楷模) | 天气^9"),
        ("title:公安^9 | title:天气", "title:公安 | title:天气^9"),
        ("((公安^3)^3)^3 | 天气", "公安^1e1 | ((天气^3)^3)^3"),
    ],
)
def test_weights_decide_the_order(archive: Archive, heavy: str, light: str) -> None:
    assert archive.ranked(heavy)[-1] == "e"
    assert archive.ranked(light)[0] == "e"


def test_a_weight_below_one_counts_less(archive: Archive) -> None:
    assert archive.ranked("公安^0.01 | 天气")[0] == "e"


@pytest.mark.parametrize("weight", ["9" * 60, "1" + "0" * 38])
def test_weights_without_end_leave_scores_finite(archive: Archive, weight: str) -> None:
    for text in (f"公安^{weight}", f"((公安 改革)^{weight})^{weight} | “天气”^{weight}"):
        plan = archive.plan(text)
        tree = scored(plan.strict, plan.scores)
        hits = archive.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=10).hits
        assert hits
        assert all(0 < hit.score < 1e12 for hit in hits)


@pytest.mark.parametrize("text", ["-公安", "date:2022", "author:张三", "category:新闻 -公安"])
def test_what_says_nothing_of_the_content_has_no_scores(archive: Archive, text: str) -> None:
    assert not archive.plan(text).scores


# Limits


def test_words_over_the_limit_are_ignored_with_one_note(archive: Archive) -> None:
    plan = archive.plan("公安 改革 天气 没有 这些", max_words=2)
    assert archive.ids(plan.strict) == archive.strict("公安 改革")
    assert plan.understood == "公安 改革"
    assert len(plan.notes) == 1
    assert "more than 2 words (max_query_words)" in str(plan.notes[0])
    assert not archive.plan("公安 改革", max_words=2).notes


@pytest.mark.parametrize(
    ("text", "kept"), [("公安 改革 天气 没有", "公安 改革"), ("公安改革天气没有", "公安改革")]
)
def test_words_over_the_limit_neither_match_in_part_nor_score(archive: Archive, text: str, kept: str) -> None:
    plan, within = archive.plan(text, max_words=2), archive.plan(kept)
    assert plan.relaxed is not None and within.relaxed is not None
    assert archive.ids(plan.relaxed) == archive.ids(within.relaxed)
    assert {repr(score) for score in plan.scores} == {repr(score) for score in within.scores}
    assert marked(plan) == marked(within)


@pytest.mark.parametrize(
    "ignored",
    [
        "“没有”",
        "-公安",
        "author:没有",
        "date:1999",
        "没*",
        "n?ne",
        "none~",
        "title:没有",
        "(没有 AND 没有)",
        "“没 有”~5",
    ],
)
def test_operands_of_every_kind_count(archive: Archive, ignored: str) -> None:
    plan = archive.plan(f"公安 改革 {ignored}", max_words=2)
    assert archive.ids(plan.strict) == archive.strict("公安 改革")
    assert plan.understood == "公安 改革"
    assert len(plan.notes) == 1


def test_the_limit_holds_inside_negation(archive: Archive) -> None:
    plan = archive.plan("-(a OR b OR c) 公安", max_words=2)
    assert plan.understood == "NOT (a OR b)"
    assert len(plan.notes) == 1


def test_a_pattern_stands_for_so_many_words_and_says_if_there_are_more() -> None:
    names = [f"a{letter}c" for letter in "tuvwxy"]
    with archive_of([article(name, "无题", " ".join(names[i:])) for i, name in enumerate(names)]) as made:
        for text in ("a?c", "a*c", "abc~"):
            plan = made.plan(text, max_expansions=6)
            assert not plan.notes
            assert marked(plan) == set(names)
            plan = made.plan(text, max_expansions=2)
            assert re.search("a.*… stands for 6 words; the 2 most frequent", str(plan.notes[0]))
            assert marked(plan) == {"axc", "ayc"}
            assert made.ids(plan.strict) == set(names)


def test_an_unfinished_word_behind_others_is_found_however_many_it_may_be() -> None:
    articles = [article(f"{number}", "无题", f"第{number}号文件第{number}页") for number in range(10, 30)]
    with archive_of([*articles, article("x", "无题", "1号，第2页")]) as made:
        for text, found in (("第1*", 10), ("文件 第1*", 10), ("号文件第2*", 10), ("title:第1*", 0)):
            plan = made.plan(text, max_expansions=3)
            assert len(made.ids(plan.strict)) == found
            assert not plan.notes
        # Too many to be looked at beside the others:
        plan = made.plan("号文件第1*", max_expansions=3, max_grams=5)
        assert len(made.ids(plan.strict)) == 3
        assert "号文件第1… stands for 11 words; the 3 most frequent" in str(plan.notes[0])


def test_words_too_common_to_be_held_to_a_distance_are_searched_anywhere() -> None:
    text = "".join(f"的{chr(code)}" for code in range(0x4E00, 0x9FFF))
    with archive_of([article("a", "无题", text), article("b", "无题", "第一，大的")]) as made:
        common, rare = made.plan("“的 一”~3"), made.plan("“第 一”~3")
        assert made.ids(common.strict) == {"a", "b"}
        assert "的 一 are too common" in str(common.notes[0])
        assert made.ids(rare.strict) == {"b"}
        assert not rare.notes


# What is marked


@pytest.mark.parametrize(
    ("text", "highlight_terms"),
    [
        ("公安", {"公安"}),
        ("公安 放管服", {"公安", "放管服", "公安放管服"}),
        ("“公安 放管服”", {"公安放管服"}),
        ("“公安 放管服”~5", {"公安", "放管服"}),
        ("公安 -放管服", {"公安"}),
        ("NOT 公安", set()),
        ("公安 -(放管服 OR 驾*)", {"公安"}),
        ("驾*", {"驾*"}),
        ("kube*", {"kube*"}),
        ("kubernets~", {"kubernetes"}),
        ("的", {"的"}),
        ("author:张三 date:2022", set()),
    ],
)
def test_what_is_marked(archive: Archive, text: str, highlight_terms: set[str]) -> None:
    assert marked(archive.plan(text)) == highlight_terms


def test_needles_are_marked_in_the_fields_they_were_looked_for_in(archive: Archive) -> None:
    plan = archive.plan("title:公安 body:改革 部门")
    fields = {"".join(term.units): term.fields for term in plan.highlight_terms}
    assert fields["公安"] == ("title",)
    assert fields["改革"] == ("body",)
    assert fields["部门"] == ("title", "body")


# What is typed again and again


def test_words_typed_again_are_looked_up_once_and_weigh_more(archive: Archive) -> None:
    once, often = archive.plan("公安 改革"), archive.plan("公安 改革 " * 20)
    assert archive.ids(often.strict) == archive.ids(once.strict)
    assert often.relaxed == once.relaxed
    words = [n for n in often.scores if isinstance(n, query.Term) and n.text == "公安"]
    assert sorted(n.fieldname for n in words) == ["body_grams", "title_grams", "words"]
    assert {n.fieldname: n.boost for n in words}["words"] == 20 * WEIGHTS.words
    weights = {repr(node): node.boost for node in (*once.scores, *often.scores)}
    assert len(weights) == len(once.scores) + len(often.scores)  # no two parts are the same
