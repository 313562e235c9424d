"""The library's door: what docs/library.md shows, and what it promises beyond."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from index.article import Article
from index.errors import InputError, NotFoundError
from index.ingest.add import add_articles
from search import open_index
from search.request import SearchRequest
from search.settings import SearchSettings

LIBRARY = Path(__file__).parent.parent / "docs" / "library.md"


def test_the_examples_of_the_library_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(LIBRARY), module_relative=False, encoding="utf-8")
    assert result.attempted > 20
    assert not result.failed


def test_articles_come_back_as_they_were_added(tmp_path: Path) -> None:
    whole = Article(
        id="a/1", path="", title="题", text="一\n二", html="<p>一</p><p>二</p>", author="甲",
        date=1641276006, categories=("金融", "新浪"), other_categories=(("科技",),), tags=("湖",),
        url="https://example.org/a",
    )  # fmt: skip
    add_articles(tmp_path / "index", tmp_path / "notes", [whole])
    with open_index(tmp_path / "index") as index:
        (found,) = index.all_articles()
        assert index.article("a/1").html == whole.html
    assert found.path.startswith("notes/")
    for name in ("id", "title", "text", "author", "date", "categories", "other_categories", "tags", "url"):
        assert getattr(found, name) == getattr(whole, name)


@pytest.mark.parametrize("record", [{"title": "无"}, {"id": " "}, {"id": "x", "text": object()}])
def test_an_article_without_id_or_json_leaves_nothing_behind(
    tmp_path: Path, record: dict[str, object]
) -> None:
    with pytest.raises(InputError, match="article 2"):
        add_articles(tmp_path / "index", tmp_path / "notes", [{"id": "a", "text": "好"}, record])
    assert list(tmp_path.iterdir()) == []


def test_pages_end_at_the_last_hit_and_at_the_limit(tmp_path: Path) -> None:
    records = [
        {"id": f"a{number}", "title": f"第{number}", "text": "湖上" * number} for number in range(1, 251)
    ]
    add_articles(tmp_path / "index", tmp_path / "notes", records)
    request = SearchRequest("湖上", size=50, fold="off")
    with open_index(tmp_path / "index") as index:
        ids = [hit.article.id for page in index.pages(request) for hit in page.hits]
        assert len(ids) == len(set(ids)) == 250
        assert [page.hits for page in index.pages(SearchRequest("没有的"))] == [()]
    with open_index(tmp_path / "index", SearchSettings(max_hits=120)) as index:
        assert sum(len(page.hits) for page in index.pages(request)) == 150


def test_what_is_not_there_is_an_error(example_index: Path) -> None:
    with open_index(example_index) as index, pytest.raises(NotFoundError):
        index.article("没有")
