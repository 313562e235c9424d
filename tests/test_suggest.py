"""Suggestions while typing: over the example archive and small ones, with each engine."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis.fold import fold_key
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

CASES = json.loads((Path(__file__).parent / "cases" / "suggest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["typed"] for case in CASES])
def test_golden_cases(searcher: Searcher, case: dict[str, str]) -> None:
    found = searcher.suggest(case["typed"])
    assert (found[0].text if found else None) == case["first"], case["comment"]


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text("临江地铁图书馆ditelnjag vü' “\"(:-A股3", max_size=12), limit=st.integers(1, 12))
def test_what_is_suggested_is_found_and_listed_once(searcher: Searcher, typed: str, limit: int) -> None:
    found = searcher.suggest(typed, limit)
    assert len(found) <= limit
    assert len({fold_key(one.text) for one in found}) == len(found)
    for one in found:
        if one.kind == "title":
            assert searcher.article(one.article_id).title == one.text
        else:
            assert one.article_id == ""
            results = searcher.search(SearchRequest(one.text))
            assert results.total > 0


def test_words_come_before_titles_and_leave_them_room(searcher: Searcher) -> None:
    kinds = [one.kind for one in searcher.suggest("临", 4)]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"word", "title"}


def test_words_of_more_articles_come_first(any_archive: Archive) -> None:
    any_archive.lines(
        "posts.jsonl", {"a": "交管 教官", "b": "交管 教官", "c": "交管", "d": "浇灌", "e": "浇灌。交管部门"}
    )
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        words = [one.text for one in searcher.suggest("jiaoguan") if one.kind == "word"]
        assert words[0] == "交管"
        assert set(words[1:]) == {"教官", "浇灌"}
        assert [one.text for one in searcher.suggest("jg")][:1] == ["交管"]


def test_suggestions_follow_the_index(any_archive: Archive) -> None:
    any_archive.lines("posts.jsonl", {"a": "彗星", "b": "彗星"})
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        assert [one.text for one in searcher.suggest("huixing")] == ["彗星"]
        any_archive.lines("posts.jsonl", {"a": "图书馆", "b": "图书馆"})
        any_archive.sync()
        deadline = time.monotonic() + 60
        while not searcher.suggest("tushuguan"):
            assert time.monotonic() < deadline
            assert all(one.text != "彗星" for one in searcher.suggest("tushuguan"))
            time.sleep(0.05)
        assert searcher.suggest("huixing") == ()
