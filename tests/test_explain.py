"""Explanations add up to the scores, on both engines, and are told at the terminal, by page and API."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from cli.main import main
from search.explain import ScorePart
from search.request import SearchRequest
from search.results import ResultHit
from search.searcher import Searcher
from search.settings import SearchSettings

WORDS = [
    "临江",
    "地铁",
    "公安",
    "交管部门",
    "放管服改革",
    "C++",
    "18.0%",
    "的",
    "kubernetes",
    "没有的词",
    "图书馆",
]
QUERIES = st.recursive(
    st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join),
        st.sampled_from(WORDS).map('"{}"'.format),
        st.sampled_from(WORDS).map("{}^2.5".format),
        st.sampled_from(WORDS).map("title:{}".format),
        st.sampled_from(["地铁*", "kubernets~", '"临江 地铁"~5', "date:2022", "作者:李墨轩", "-公安"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
        inner.map("({})^0.5".format),
    ),
    max_leaves=5,
)


def explained(searcher: Searcher, text: str, **more: str | int) -> tuple[ResultHit, ...]:
    return searcher.search(SearchRequest(text, explain=True, **more)).hits  # type: ignore[arg-type]


@settings(max_examples=examples(60))
@given(text=QUERIES, page=st.integers(1, 3), sort=st.sampled_from(["relevance", "newest"]))
def test_the_parts_are_the_score(searcher: Searcher, text: str, page: int, sort: str) -> None:
    results = searcher.search(SearchRequest(text, page=page, size=5, sort=sort, explain=True))
    for position, hit in enumerate(results.hits, start=5 * (page - 1)):
        assert hit.explanation is not None
        assert abs(hit.explanation.total - hit.score) <= 1e-3 + 1e-5 * hit.score
        assert [part.score for part in hit.explanation.parts] == sorted(
            (part.score for part in hit.explanation.parts), reverse=True
        )
        assert hit.explanation.is_partial == bool(hit.missing) == (position >= results.total)


def test_without_being_asked_for_there_is_none(searcher: Searcher) -> None:
    assert all(hit.explanation is None for hit in searcher.search(SearchRequest("地铁")).hits)


def test_each_kind_of_part(example_index: Path, tmp_path: Path) -> None:
    (tmp_path / "synonyms.txt").write_text("地铁 => 轨道交通\n", encoding="utf-8")
    with closing(
        Searcher(example_index, SearchSettings(synonyms=str(tmp_path / "synonyms.txt")))
    ) as searcher:
        parts = [part for hit in explained(searcher, "地铁3号线^2", size=100) for part in shown(hit)]
        both = [part for hit in explained(searcher, '地铁 "轨道交通"', size=100) for part in shown(hit)]
    kinds = {(part.kind, part.text, part.weight, part.typed) for part in parts if part.field != "title"}
    assert {("word", "地铁", 2.0, ""), ("pair", "铁3", 1.2, ""), ("phrase", "地铁3号线", 1.2, "")} <= kinds
    assert ("synonym", "轨道交通", "地铁") in {(kind, text, typed) for kind, text, _, typed in kinds}
    assert "轨道交通" in {part.text for part in both}
    assert "synonym" not in {part.kind for part in both}  # it was typed itself


def shown(hit: ResultHit) -> tuple[ScorePart, ...]:
    assert hit.explanation is not None
    return hit.explanation.parts


def test_texts_are_written_as_a_person_would(any_archive: Archive) -> None:
    any_archive.lines("a.jsonl", {"a": "Machine Learning 用 C++ 提高 18.0%"})
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        (hit,) = explained(searcher, '"machine learning用C++"')
    parts = {(part.kind, part.text) for part in shown(hit)}
    assert {("pair", "machine learning"), ("pair", "learning用"), ("pair", "c+"), ("pair", "++")} <= parts
    assert ("phrase", "machine learning用c++") in parts


def test_the_order_by_date_has_no_score(searcher: Searcher) -> None:
    hits = explained(searcher, "地铁", sort="newest")
    assert hits
    assert all(hit.score == 0 and not shown(hit) for hit in hits)


def test_the_api_says_it_on_demand(client: FlaskClient) -> None:
    plain = client.get("/api/search", query_string={"q": "地铁"}).get_json()
    assert all("explanation" not in hit for hit in plain["hits"])
    asked = client.get("/api/search", query_string={"q": "地铁", "explain": 1}).get_json()
    assert [hit["id"] for hit in asked["hits"]] == [hit["id"] for hit in plain["hits"]]
    for hit in asked["hits"]:
        assert hit["explanation"]["partial"] is False
        assert sum(part["score"] for part in hit["explanation"]["parts"]) == pytest.approx(
            hit["score"], abs=0.01
        )
    refused = client.get("/api/search", query_string={"q": "地铁", "explain": "yes"})
    assert refused.status_code == 400
    assert "explain: 'yes' is not allowed. It is a whole number from 0 to 1." in refused.text


def test_the_page_leads_to_it_without_javascript(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/search", query_string={"q": "地铁", "size": 2, "page": 2}).text, "lxml")
    assert not page.select("details.why")
    link = page.select(".also a[href*=explain]")[0]["href"]
    assert "page=2" in str(link)
    there = BeautifulSoup(client.get(str(link)).text, "lxml")
    assert len(there.select("article.hit details.why")) == len(there.select("article.hit"))
    panel = there.select("details.why")[-1]
    assert "地铁" in panel.text
    score = float(re.findall(r"[0-9.]+", panel.select("summary")[0].text)[0])
    assert sum(float(count.text) for count in panel.select("li .count")) == pytest.approx(score, abs=0.1)


def test_the_terminal_says_it_in_words(
    example_index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SOUWEN_")]:
        monkeypatch.delenv(name)

    def output(*arguments: str) -> str:
        monkeypatch.setattr(
            sys, "argv", ["souwen", "search", "--index", str(example_index), "--explain", *arguments]
        )
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().out

    text = output("地铁", "-n", "1")
    assert "all of what was asked for matches. It is the sum of" in text
    assert "words in the text: 地铁 (" in text
    assert "pairs of characters in the body: 地铁 (" in text
    assert ", weight 0.6)" in text
    assert "No score: the order is by date" in output("地铁", "--sort", "newest")
    assert json.loads(output("地铁", "--json"))["hits"][0]["explanation"]["parts"]
