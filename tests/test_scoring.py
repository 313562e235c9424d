"""What gives a score, beyond words and phrases: passages, what asks and says nothing, freshness."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from engines import EMBEDDED

from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

FILLER = "春天来了河水流过村庄老人坐在门前看着远山孩子们在田里跑来跑去"
DAY = 86_400

Ranked = Callable[..., list[str]]


@pytest.fixture(params=EMBEDDED)
def ranked(request: pytest.FixtureRequest, tmp_path: Path) -> Ranked:
    """Makes an archive of articles given as id → text and date, and gives the ids of a search in it."""

    def search(
        texts: dict[str, str], text: str, dates: dict[str, int] | None = None, freshness: int = 0
    ) -> list[str]:
        lines = [
            json.dumps({"id": name, "title": "无题", "text": body, "date": (dates or {}).get(name)})
            for name, body in texts.items()
        ]
        (tmp_path / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
        settings = SearchSettings(freshness=freshness)
        sync(tmp_path / "index", IngestRequest([tmp_path / "articles.jsonl"], engine=request.param), settings)
        with closing(Searcher(tmp_path / "index", settings)) as searcher:
            return [hit.article.id for hit in searcher.search(SearchRequest(text, fold="off")).hits]

    return search


@pytest.mark.parametrize("text", ["汽车补贴", "汽车 补贴", '"汽车" "补贴"', "汽车 AND 补贴"])
def test_words_in_one_passage_are_better_than_far_apart(ranked: Ranked, text: str) -> None:
    found = ranked(
        {
            "a-far": f"汽车{FILLER * 12}补贴",
            "b-together": f"{FILLER * 12}汽车购置的补贴",
            **{f"c{number}": FILLER for number in range(9)},
        },
        text,
    )
    assert found == ["b-together", "a-far"]


def test_a_word_that_asks_counts_little(ranked: Ranked) -> None:
    """什么 is rare in articles, and so would be worth more than what the question is about."""
    others = {f"c{number}": FILLER for number in range(3)}
    found = ranked({"a": f"什么{FILLER}", "b": f"地铁{FILLER}", "b2": f"地铁{FILLER}", **others}, "什么 地铁")
    assert found == ["b", "b2", "a"]


def test_fresh_articles_come_first_only_if_asked_for(ranked: Ranked) -> None:
    now = int(time.time())
    texts = {"a-old": "地铁地铁开通", "b-new": "地铁今天开通"}
    dates = {"a-old": now - 2000 * DAY, "b-new": now - DAY}
    assert ranked(texts, "地铁", dates) == ["a-old", "b-new"]
    assert ranked(texts, "地铁", dates, freshness=2) == ["b-new", "a-old"]


def test_freshness_never_makes_a_match(ranked: Ranked) -> None:
    now = int(time.time())
    assert ranked({"a": "地铁", "b": "公交"}, "地铁", {"a": 1, "b": now}, freshness=9) == ["a"]
