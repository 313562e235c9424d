"""A pasted address finds the article that has it as its source; and when articles came in."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from archive import Archive
from hypothesis import given
from hypothesis import strategies as st
from searching import ids, search

from index.ingest.job import IngestRequest
from search.addresses import source_spellings
from search.searcher import Searcher
from search.settings import SearchSettings

SOURCES = {
    "plain": "https://news.example/2022/a.html",
    "slash": "http://www.news.example/2022/",
    "han": "https://news.example/新闻/一",
    "query": "https://news.example/read?id=7&p=2",
    "relative": "//cdn.example/x",
    "none": "",
}


@pytest.fixture
def sourced(any_archive: Archive) -> Archive:
    lines = [{"id": i, "title": i, "text": "城市 example", "url": url} for i, url in SOURCES.items()]
    any_archive.write("a.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    any_archive.sync()
    return any_archive


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("https://news.example/2022/a.html", ["plain"]),
        ("  http://NEWS.example/2022/a.html#p3 ", ["plain"]),
        ("https://news.example/2022/a.html?utm_source=x&spm=1", ["plain"]),
        ("https://news.example/2022", ["slash"]),
        ("https://news.example/%E6%96%B0%E9%97%BB/%E4%B8%80", ["han"]),
        ("https://news.example/read?id=7&p=2", ["query"]),
        ("https://news.example/read?id=8", []),
        ("https://cdn.example/x", ["relative"]),
    ],
)
def test_an_address_finds_its_article(sourced: Archive, typed: str, wanted: list[str]) -> None:
    with closing(Searcher(sourced.directory, SearchSettings())) as searcher:
        results = search(searcher, typed)
        assert [hit.article.id for hit in results.full] == wanted
        told = "What was found has this address as its source."
        assert (told in [str(note) for note in results.notes]) == bool(wanted)
        assert ids(search(searcher, typed, author="nobody")) == []


def test_an_address_that_no_article_has_is_searched_as_text(archive: Archive) -> None:
    archive.post("a.md", "见 https://news.example/b 一文")
    archive.sync()
    with closing(Searcher(archive.directory, SearchSettings())) as searcher:
        assert search(searcher, "https://news.example/b").total == 1


@given(st.text(max_size=60).map(lambda text: f"https://{text}"))
def test_spellings_are_few(text: str) -> None:
    found = source_spellings(text)
    assert len(found) <= 100
    assert len(set(found)) == len(found)


# When articles came in


def _moment(archive: Archive) -> str:
    """When the last article came in."""
    with closing(archive.open()) as index:
        seconds = index.articles.last_addition()
    assert seconds is not None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_came_in_since_then(any_archive: Archive) -> None:
    any_archive.lines("a.jsonl", {"1": "城市", "2": "城市 地铁"})
    any_archive.sync()
    before = _moment(any_archive)
    any_archive.lines("b.jsonl", {"3": "城市"})
    any_archive.lines("a.jsonl", {"1": "城市", "2": "城市 地铁 公交"})  # a change is no arrival
    any_archive.sync()
    cases = {
        f"城市 added:>{before}": ["3"],
        f"城市 -added:>{before}": ["1", "2"],
        f"收录：<={before}": ["1", "2"],
        f"added:>={before}": ["1", "2", "3"],
        "added:-1d 公交": ["2"],
        "added:<-1d": [],
        "-added:<-1d": ["1", "2", "3"],
        "added:去年": [],
        f"(地铁 OR added:>{before})": ["2", "3"],
    }

    def answers() -> dict[str, list[str]]:
        with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
            return {text: sorted(ids(search(searcher, text))) for text in cases}

    assert answers() == cases
    (any_archive.folder / "b.jsonl").unlink()
    any_archive.sync()
    assert answers()[f"城市 added:>{before}"] == []
    any_archive.lines("c.jsonl", {"4": "城市"})
    any_archive.sync()
    # A rebuild is no arrival.
    any_archive.sync(IngestRequest([any_archive.folder], rebuild=True))
    assert answers()[f"城市 added:>{before}"] == ["4"]
    with closing(any_archive.open()) as index:
        assert index.articles.count() == 3
    assert any_archive.agrees()


def test_a_reader_who_has_seen_all_misses_nothing(archive: Archive) -> None:
    """What comes in within the same second comes in later."""
    seen = []
    for number in range(3):
        archive.lines(f"{number}.jsonl", {str(number): "城市"})
        archive.sync()
        seen.append(_moment(archive))
        with closing(Searcher(archive.directory, SearchSettings())) as searcher:
            for older, moment in enumerate(seen):
                found = ids(search(searcher, f"城市 added:>{moment}"))
                assert sorted(found) == [str(each) for each in range(older + 1, number + 1)]
