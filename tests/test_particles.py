"""Only particles may be absent: any other character is searched for with the word that it stands at.

The articles of cases/searching/particles: the first has the words, the others have parts of them, often.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.settings import SearchSettings

ARTICLES = Path(__file__).parent / "cases" / "searching" / "particles"


@pytest.fixture(scope="module")
def particles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    directory = tmp_path_factory.mktemp("particles") / "index"
    sync(directory, IngestRequest([ARTICLES]), Settings())
    with closing(Searcher(directory, SearchSettings())) as searcher:
        yield searcher


def full(results: Results) -> list[str]:
    """The titles of the articles that have all of the words."""
    return [hit.article.title for hit in results.full]


@pytest.mark.parametrize("query", ["小程序", "大模型", "大流行", "不收费", "90后", "小程序 不收费"])
def test_a_character_beside_a_word_has_to_stand_there(particles: Searcher, query: str) -> None:
    assert full(particles.search(SearchRequest(query))) == ["平台动态"]


@pytest.mark.parametrize("query", ["程序吗", "程序的收费吗"])
def test_particles_may_be_absent(particles: Searcher, query: str) -> None:
    assert full(particles.search(SearchRequest(query)))


def test_a_word_that_nothing_has_is_a_zero_results(particles: Searcher) -> None:
    results = particles.search(SearchRequest("小作文"))
    assert (results.total, results.hits) == (0, ())
    assert results.zero_results is not None
    assert [(part.text, part.total) for part in results.zero_results.parts] == [("小作文", 0)]
