"""Notations that can only mean the same are found alike; those that may are offered.

cases/searching has small archives, and cases/searching.json what queries find in each, as asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from engines import EMBEDDED
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.grams import SEPARATED
from index.analysis.numbers import joined_numbers
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.query.equivalents import equivalents
from search.query.numerals import from_han, to_han
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.settings import SearchSettings

CASES = Path(__file__).parent / "cases"
QUERIES = json.loads((CASES / "searching.json").read_text(encoding="utf-8"))
Search = Callable[[str, str], Results]


@pytest.fixture(scope="module", params=EMBEDDED)
def search(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    """Searches one of the archives."""
    with ExitStack() as stack:

        @cache
        def searcher(folder: str) -> Searcher:
            index = tmp_path_factory.mktemp(folder)
            sync(index, IngestRequest([CASES / "searching" / folder], engine=request.param), Settings())
            opened = Searcher(index, SearchSettings(), processor_clock=lambda: 0.0)
            stack.callback(opened.close)
            return opened

        yield lambda folder, query: searcher(folder).search(SearchRequest(query, fold="off"))


def exact(results: Results) -> list[str]:
    """The files found as asked for, without the ending."""
    return sorted(Path(hit.article.path).stem for hit in results.hits if not hit.missing)


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: f"{case['query']}: {case['comment']}")
def test_golden_equivalents(search: Search, case: dict[str, Any]) -> None:
    results = search(case["folder"], case["query"])
    assert exact(results) == case["finds"]
    for hit in results.hits[: results.total]:
        assert any(snippet.highlights for snippet in hit.snippets)


@pytest.mark.parametrize(
    ("folder", "query", "marks"),
    [
        (
            "dashes-and-dots",
            "2022-2023学年",
            {"2022—2023学年", "2022−2023学年", "2022─2023学年", "2022-2023学年"},
        ),
        ("dashes-and-dots", '"马克·吐温"', {"马克·吐温", "馬克．吐溫", "马克⋅吐温", "马克.吐温"}),
        ("dashes-and-dots", "1920x1080", {"1920x1080", "1920×1080"}),
        ("zero-circle", '"二○二二年"', {"二〇二二年", "二○二二年", "二◯二二年", "二零二二年"}),
        ("separated-numbers", "9787111213826", {"978-7-111-21382-6", "9787111213826"}),
        ("numerals", "第12条", {"第12条", "第十二条"}),
        ("graphemes", "❤ 👍", {"❤️", "👍🏽"}),
    ],
)
def test_highlights_cover_equivalents(search: Search, folder: str, query: str, marks: set[str]) -> None:
    found = {
        snippet.text[start:end]
        for hit in search(folder, query).hits
        for snippet in hit.snippets
        for start, end in snippet.highlights
    }
    assert found == marks


@given(st.integers(1, 9999))
def test_han_numerals_are_read_as_they_are_written(number: int) -> None:
    assert from_han(to_han(number)) == number


@given(st.integers(1, 9999))
def test_an_ordinal_is_equivalent_to_its_equivalent(number: int) -> None:
    word = ("第", f"{number}·", "条")
    (other,) = equivalents(word)
    assert equivalents(other) == (word,)


def test_equivalents_of_a_query_are_bounded(search: Search) -> None:
    typed = " ".join(f"{n}—{n + 1}·{n}.{n}×{n}-第{n}条" for n in range(100, 120))
    assert search("numerals", typed).total == 0
    assert search("numerals", "第—-·.×○" * 20).total == 0


@pytest.mark.parametrize(
    ("folder", "query", "offered"),
    [
        ("dashes-and-dots", "3·15晚会", ["3.15晚会", "315晚会"]),
        ("dashes-and-dots", "3.15晚会", ["3·15晚会", "315晚会"]),
        ("dashes-and-dots", "315晚会", ["3·15晚会", "3.15晚会"]),
        ("numerals", "24届", ["二十四届"]),
        ("separated-numbers", "138 1234 5678", ["13812345678"]),
        ("numerals", "二十四届", ["24届"]),
        ("numerals", '"第12条"', ['"第十二条"']),
        ("numerals", '"依照第十二条"', ['"依照第12条"']),
        ("separated-numbers", '"热线13812345678"', ['"热线138-1234-5678"']),
        ("separated-numbers", '"热线138-1234-5678"', ['"热线13812345678"']),
    ],
)
def test_other_notations_are_offered(search: Search, folder: str, query: str, offered: list[str]) -> None:
    results = search(folder, query)
    suggestions = [results.suggestion, *results.other_suggestions]
    assert [each.query for each in suggestions if each is not None] == offered


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("400-820-8820", ["4008208820"]),
        ("(021) 5555 6666，021-55556666", ["02155556666", "02155556666"]),
        ("（０２１）５５５５-６６６６", ["02155556666"]),
        ("978—7—111—21382—6", ["9787111213826"]),
        ("+86 138 1234 5678", ["13812345678"]),
        ("2022-01-04 12:30", ["20220104"]),
        ("1-2 12-34 1.234-5678 1-1-1-1-1-1-1-1", []),
        ("1-" * 50_000, []),
    ],
)
def test_numbers_in_groups(text: str, numbers: list[str]) -> None:
    found = joined_numbers(text.translate(SEPARATED))
    assert sorted(found) == [f"{number}·" for number in numbers]
