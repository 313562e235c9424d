"""What Prometheus is told: requests and searches are counted, and the index is as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from index.store.directory import IndexDirectory
from web.app import create_app
from web.settings import WebSettings


def _samples(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """The values by name and labels; of histograms, counts only."""
    answer = client.get("/metrics", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_sum", "_created"))
    }


@pytest.fixture
def client(any_archive: Archive) -> Iterator[FlaskClient]:
    any_archive.lines("a.jsonl", {"a": "漂浮图书馆", "b": "县图书馆"})
    any_archive.write("bad.jsonl", "{")
    any_archive.sync()
    app = create_app(WebSettings(index=str(any_archive.directory)))
    with closing(app.extensions["souwen"]):
        yield app.test_client()


def test_requests_are_counted_by_what_answered(client: FlaskClient) -> None:
    for path in (
        "/search?q=图书馆",
        "/search?q=图书馆&page=2",
        "/api/search?q=图书馆",
        "/search?page=x",
        "/no",
    ):
        client.get(path, buffered=True)
    samples = _samples(client)
    assert samples["souwen_request_seconds_count", "views.search", "200"] == 2
    assert samples["souwen_request_seconds_count", "views.search", "400"] == 1
    assert samples["souwen_request_seconds_count", "api.search", "200"] == 1
    assert samples["souwen_request_seconds_count", "none", "404"] == 1


def test_searches_are_counted_by_what_they_found(client: FlaskClient) -> None:
    for query in ("图书馆", "漂浮 县", "漂浮", "彗星"):
        client.get("/search", query_string={"q": query})
    samples = _samples(client)
    counts = {found: samples["souwen_search_seconds_count", found] for found in ("all", "some", "none")}
    assert counts == {"all": 2, "some": 1, "none": 1}


def test_the_index_is_described(client: FlaskClient) -> None:
    samples = _samples(client)
    assert samples["souwen_index_up",] == 1
    assert samples["souwen_index_articles",] == 2
    assert samples["souwen_index_problems", "lost"] == 1
    assert samples["souwen_index_bytes", "catalog"] > 0
    assert samples["souwen_index_bytes", "engine"] > 0
    assert 0 <= samples["souwen_index_age_seconds",] < 3600


def test_an_index_that_is_not_there_is_told(tmp_path: Path) -> None:
    app = create_app(WebSettings(index=str(tmp_path / "none")))
    with closing(app.extensions["souwen"]):
        samples = _samples(app.test_client())
    assert (samples["souwen_index_up",], samples["souwen_writer_running",]) == (0, 0)
    assert ("souwen_index_articles",) not in samples


def test_a_writer_is_seen_while_it_writes(client: FlaskClient, any_archive: Archive) -> None:
    directory = IndexDirectory(any_archive.directory)
    assert _samples(client)["souwen_writer_running",] == 0
    with directory.write_lock():
        assert _samples(client)["souwen_writer_running",] == 1
    assert _samples(client)["souwen_writer_running",] == 0
    # One that was killed leaves its name, and no lock.
    (directory.path / "write.lock").write_text("process 1, since long ago\n")
    assert _samples(client)["souwen_writer_running",] == 0
