"""Tags, from the file to the page, on every engine."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from engines import EMBEDDED
from pages import page_at
from searching import exact, ids, search

from index.article import write_jsonl
from index.ingest.job import IngestRequest
from search.results import ResultHit
from search.searcher import Searcher
from search.serialize import hit_json, results_json
from search.settings import SearchSettings
from web.app import create_app
from web.settings import WebSettings

TAGS = Path(__file__).parent / "cases" / "reading" / "tags"
MARKED = "<mark>塞尔达</mark>"


@pytest.fixture(scope="module", params=EMBEDDED)
def tagged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """Two posts with 塞尔达 among their tags, and one with it in its text; one with other tags."""
    folder = tmp_path_factory.mktemp(request.param)
    archive = Archive(folder / "posts", folder / "index", request.param)
    for file in TAGS.iterdir():
        archive.write(file.name, file.read_text(encoding="utf-8"))
    lines = [
        {"id": "text", "title": "文", "text": "塞尔达传说，塞尔达。", "tags": []},
        {"id": "other", "title": "另", "text": "机器与学习。", "tags": ["机器学习", "C++", "GAME ", "a, b"]},
    ]
    archive.write("lines.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    archive.sync()
    with closing(Searcher(archive.directory, SearchSettings())) as searcher:
        yield searcher


def titles(found: list[str], searcher: Searcher) -> set[str]:
    return {searcher.article(each).title for each in found}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("塞尔达", {"掌机心得", "随笔", "文"}),
        ("tag:塞尔达", {"掌机心得", "随笔"}),
        ("标签：塞尔达", {"掌机心得", "随笔"}),
        ("標籤:塞爾達", {"掌机心得", "随笔"}),
        ("tag:塞*", {"掌机心得", "随笔"}),
        ("tag:塞尔", set()),
        ("塞尔达 -tag:掌机", {"随笔", "文"}),
        ("tag:(掌机 OR 机器学习)", {"掌机心得", "另"}),
        ("通关 塞尔达", {"掌机心得"}),
        ("海拉鲁", {"掌机心得"}),
        ("机器学习", {"另"}),
        ("c++", {"另"}),
        ("tag:game", {"另"}),
        ('tag:"a, b"', {"另"}),
        ('"掌机塞尔达"', set()),
    ],
)
def test_a_tag_is_found(tagged: Searcher, typed: str, wanted: set[str]) -> None:
    assert titles(exact(search(tagged, typed)), tagged) == wanted


def test_a_tag_weighs_less_than_a_text_about_it(tagged: Searcher) -> None:
    results = search(tagged, "塞尔达")
    assert ids(results)[0] == "text"
    assert all(hit.score > 0 for hit in results.hits)


def test_tags_are_a_filter_and_a_facet(tagged: Searcher) -> None:
    results = search(tagged, "塞尔达", tag="塞爾達")
    assert titles(ids(results), tagged) == {"掌机心得", "随笔"}
    assert [(value.value, value.count) for value in results.facets["tag"]] == [("塞尔达", 2), ("掌机", 1)]
    answer = results_json(results)
    assert isinstance(answer["facets"], dict)
    assert answer["facets"]["tag"] == [{"value": "塞尔达", "count": 2}, {"value": "掌机", "count": 1}]


def test_a_filter_by_a_tag_that_nothing_has_is_told(tagged: Searcher) -> None:
    zero_results = search(tagged, "通关", tag="没有").zero_results
    assert zero_results is not None
    assert [(part.kind, part.text, part.total) for part in zero_results.parts] == [
        ("text", "通关", 1),
        ("tag", "没有", 0),
    ]


def hit_titled(searcher: Searcher, typed: str, title: str) -> ResultHit:
    return next(hit for hit in search(searcher, typed).hits if hit.article.title == title)


def test_what_matched_is_highlighted(tagged: Searcher) -> None:
    hit = hit_json(hit_titled(tagged, "塞尔达", "掌机心得"))
    assert hit["tags"] == ["掌机", "塞尔达"]
    assert hit["tags_html"] == ["掌机", MARKED]
    assert hit["snippets_html"] == ["海拉鲁漫游记录\n通关了。"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("tag:", ["tag:塞尔达", "tag:C++", "tag:GAME", 'tag:"a, b"', "tag:掌机", "tag:机器学习"]),
        ("标签:塞爾", ["标签:塞尔达"]),
        ("通关 tag:塞", ["通关 tag:塞尔达"]),
        ("tag:掌机 tag:塞", ["tag:掌机 tag:塞尔达"]),
        ('tag:"a', ['tag:"a, b"']),
        ("tag:没有", []),
    ],
)
def test_values_are_suggested_behind_the_name_of_a_field(
    tagged: Searcher, typed: str, wanted: list[str]
) -> None:
    assert [one.text for one in tagged.suggest(typed) if one.kind == "value"] == wanted


def test_a_page_shows_tags_as_links_and_a_download_as_a_column(archive: Archive) -> None:
    archive.write("a.md", (TAGS / "a.md").read_text(encoding="utf-8"))
    archive.sync()
    client = create_app(WebSettings(index=str(archive.directory))).test_client()
    page = page_at(client, "/search", q="塞尔达")
    assert [link.text for link in page.select(".hit a.tag")] == ["掌机", "塞尔达"]
    assert MARKED in str(page.select(".hit a.tag")[1])
    chosen = page_at(client, "/search", tag="塞尔达")
    assert "标签塞尔达" in chosen.select(".chips a")[0].text
    assert [link.span.text for link in chosen.select(".facets a[aria-current]") if link.span] == ["塞尔达"]
    article = page_at(client, str(page.select(".hit h2 a")[0]["href"]))
    assert [link.text for link in article.select("a.tag")] == ["掌机", "塞尔达"]
    (row,) = csv.DictReader(io.StringIO(client.get("/search.csv?q=塞尔达").text))
    assert row["tags"] == "掌机, 塞尔达"
    assert json.loads(client.get("/search.jsonl?tag=掌机").text)["tags"] == ["掌机", "塞尔达"]
    assert '<category term="塞尔达"/>' in client.get("/feed.atom?tag=掌机").text


def test_an_export_has_them_and_is_read_back(archive: Archive) -> None:
    archive.write("a.jsonl", json.dumps({"id": "a", "text": "文", "tags": ["a, b", "丙"]}))
    archive.sync()
    for _ in range(2):
        with closing(archive.open()) as index:
            (article,) = index.articles.all_articles()
        assert article.tags == ("a, b", "丙")
        archive.write("a.jsonl", "".join(write_jsonl(iter([article]))))
        archive.sync(IngestRequest([archive.folder]))
