"""Synonyms: golden cases on both engines; they add articles, never take one away, and say what they did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from engines import EMBEDDED
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from properties import examples

from index.errors import SettingsError
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.query.synonyms import parse_synonyms
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.settings import SearchSettings

CASES = json.loads((Path(__file__).parent / "cases" / "synonyms.json").read_text(encoding="utf-8"))


def search(searcher: Searcher, text: str) -> Results:
    return searcher.search(SearchRequest(text, size=100))


def exact(results: Results) -> list[str]:
    """The ids of the articles that match in full, in order."""
    return [hit.article.id for hit in results.full]


@pytest.fixture(scope="module", params=EMBEDDED)
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index over the articles of the cases. Beside it is the file with the synonyms."""
    folder = tmp_path_factory.mktemp(f"synonyms-{request.param}")
    lines = (json.dumps({"id": i, "title": "题", "text": t}) + "\n" for i, t in CASES["articles"].items())
    (folder / "articles.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "synonyms.txt").write_text(CASES["file"], encoding="utf-8")
    sync(folder / "index", IngestRequest([folder / "articles.jsonl"], engine=request.param), Settings())
    return folder


@contextmanager
def opened(directory: Path, synonyms: str = "") -> Iterator[Searcher]:
    with closing(Searcher(directory / "index", SearchSettings(synonyms=synonyms))) as searcher:
        yield searcher


@pytest.fixture(scope="module")
def searcher(directory: Path) -> Iterator[Searcher]:
    with opened(directory, str(directory / "synonyms.txt")) as made:
        yield made


@pytest.fixture(scope="module")
def plain(directory: Path) -> Iterator[Searcher]:
    """Without synonyms."""
    with opened(directory) as made:
        yield made


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["query"])
def test_what_is_found_and_understood(searcher: Searcher, case: dict[str, Any]) -> None:
    results = search(searcher, case["query"])
    assert set(exact(results)) == set(case["found"]), case["comment"]
    assert results.understood == case["understood"], case["comment"]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["query"])
def test_what_was_understood_means_the_same(searcher: Searcher, case: dict[str, Any]) -> None:
    results = search(searcher, case["query"])
    again = search(searcher, results.understood)
    assert set(exact(again)) == set(exact(results))
    assert again.understood == results.understood


@pytest.mark.parametrize("case", CASES["mistakes"], ids=lambda case: case["comment"])
def test_a_mistake_is_told_with_its_line(case: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"syn.txt, {case['message']}")):
        parse_synonyms(case["file"], "syn.txt")


WORDS = [
    "医保",
    "医疗保险",
    "报销",
    "北理工",
    "招生",
    "machine",
    "learning",
    "教程",
    "c#",
    "的",
    "充电",
    "电动车",
]
TEXTS = st.recursive(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
        st.lists(inner, min_size=2, max_size=3).map(" AND ".join),
        inner.map("({})".format),
        inner.map("NOT ({})".format),
        inner.map("{} -电动车".format),
    ),
    max_leaves=5,
)


@hypothesis_settings(max_examples=examples(60))
@given(text=TEXTS)
@example(text="(医保 OR 医保的)")
def test_synonyms_take_nothing_away(searcher: Searcher, plain: Searcher, text: str) -> None:
    without, results = search(plain, text), search(searcher, text)
    assert set(exact(without)) <= set(exact(results))
    assert {hit.article.id for hit in without.hits} <= {hit.article.id for hit in results.hits}
    again = search(searcher, results.understood)
    assert set(exact(again)) == set(exact(results))
    assert again.understood == results.understood


def test_a_synonym_is_worth_a_little_less_than_what_was_typed(searcher: Searcher) -> None:
    """However rare or long it is: the two articles differ in nothing else."""
    for text in ("医保", "医疗保险", "电动车", "电瓶车"):
        typed, other = (hit.score for hit in search(searcher, text).hits)
        assert 0.8 * typed < other < typed


def test_synonyms_are_marked(searcher: Searcher) -> None:
    hit = search(searcher, "医保报销").hits[1]
    assert hit.snippets[0].to_html() == "今年<mark>医疗保险报销</mark>比例提高，门诊也能报。"


def test_synonyms_match_in_part_where_little_matches_in_full(searcher: Searcher, plain: Searcher) -> None:
    text = "电瓶车 简章 天文台"
    assert {hit.article.id for hit in search(plain, text).hits} == {"ebike", "school", "nick"}
    results = search(searcher, text)
    assert results.total == 0
    assert {hit.article.id for hit in results.hits} == {"bike", "ebike", "school", "nick"}
    assert results.understood == "(电瓶车 OR 电动车) 简章 天文台"
    # What was understood is relaxed like what was typed.
    assert {hit.article.id for hit in search(searcher, results.understood).hits} == {
        hit.article.id for hit in results.hits
    }


def test_lines_add_up_and_do_not_chain() -> None:
    forms = parse_synonyms("a, b\nb, c\na => d, e\n\n", "s").forms
    written = {"".join(form): ["".join(other) for other in others] for form, others in forms.items()}
    assert written == {"a·": ["b·", "d·", "e·"], "b·": ["a·", "c·"], "c·": ["b·"]}
