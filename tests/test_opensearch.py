"""An index on an OpenSearch cluster, of one machine: what is asked of every index, and how it is come to."""

from __future__ import annotations

import builtins
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import cluster as opensearch
import pytest
from archive import Archive, counts, shared
from conftest import EXAMPLES
from engines import document, new_engine
from whoosh import query

from cli.main import main
from index.article import Article, post_id
from index.engines.base import Sort
from index.engines.opensearch.writer import ClusterWriter
from index.errors import IndexMissingError
from index.ingest import workers as prepare
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.maintenance import migrate as move_module
from index.maintenance.verify import repair, verify
from index.settings import Settings
from index.sources.scan import FoundFile
from index.store.catalog_writer import CatalogWriter
from index.store.directory import IndexDirectory
from index.store.reader import OpenIndex
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

QUERIES = ("图书馆", "博物馆 OR 钟楼", "文章 -图书馆", "图*", "全长1*", "长4*", "")
SLIPS = {"地贴": "地铁", "漂浮图书管": "漂浮图书馆"}
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def one(machine: Callable[[str], Archive]) -> Archive:
    """The archive of the one machine."""
    return machine("posts")


def by_id(articles: Any) -> dict[str, Article]:
    return {article.id: article for article in articles}


def answers(searcher: Searcher, text: str, sort: Sort) -> dict[str, Any]:
    """What the API gives for a search, but for how long it took."""
    results = results_json(searcher.search(SearchRequest(text, sort=sort, size=50)))
    return {name: value for name, value in results.items() if "second" not in name and name != "took_ms"}


# The same as every index


def test_it_answers_as_an_index_of_this_machine_does(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.searcher.SHARED_ADVICE_SECONDS", 60.0)  # a busy machine is no failure
    sync(tmp_path / "here", IngestRequest([EXAMPLES]), Settings())
    report = sync(tmp_path / "there", IngestRequest([EXAMPLES], engine="opensearch", url=address), Settings())
    assert report.engine == "opensearch"
    with (
        closing(Searcher(tmp_path / "here", SearchSettings())) as here,
        closing(Searcher(tmp_path / "there", SearchSettings())) as there,
        closing(Searcher(address, SearchSettings())) as anywhere,
    ):
        for number, text in enumerate(QUERIES):
            sort = Sort.OLDEST if number % 2 else Sort.NEWEST
            assert answers(anywhere, text, sort) == answers(here, text, sort)
        for slip, right in SLIPS.items():
            suggestions = [each.search(SearchRequest(slip)).suggestion for each in (here, anywhere)]
            assert [suggestion and suggestion.query for suggestion in suggestions] == [right, right]
        with (
            here.reader.acquire() as local,
            there.reader.acquire() as remote,
            anywhere.reader.acquire() as distant,
        ):
            every = by_id(local.articles.all_articles())
            assert by_id(remote.articles.all_articles()) == every
            assert by_id(distant.articles.all_articles()) == every
        for article_id in sorted(every)[:3]:
            assert anywhere.article(article_id) == here.article(article_id)
            similar = {hit.article.id for hit in here.similar(article_id)}
            assert {hit.article.id for hit in anywhere.similar(article_id)} == similar
        assert anywhere.newest() == here.newest()
        mine, theirs = here.stats(), there.stats()
        assert (theirs.articles, theirs.oldest, theirs.newest) == (mine.articles, mine.oldest, mine.newest)


def test_new_changed_removed_and_renamed_files_are_followed(one: Archive) -> None:
    for name in "abc":
        one.post(f"{name}.md", f"漂浮图书馆{name}")
    assert counts(one.sync()) == (3, 0, 0, 0)
    assert counts(one.sync()) == (0, 0, 0, 3)
    one.post("a.md", "钟楼里的修钟人")
    (one.folder / "b.md").unlink()
    (one.folder / "c.md").rename(one.folder / "d.md")
    assert counts(one.sync()) == (1, 1, 2, 0)
    assert one.find("漂浮图书馆") == ["漂浮图书馆c"]
    assert one.texts() == {post_id("posts/a.md"): "钟楼里的修钟人", post_id("posts/d.md"): "漂浮图书馆c"}
    assert one.agrees()


@pytest.mark.parametrize("moment", ["before the engine", "after the engine"])
def test_what_a_broken_run_left_is_mended_by_the_next(
    one: Archive, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    one.post("a.md", "图书馆甲")
    one.lines("c.jsonl", {"1": "图书馆丙", "2": "图书馆丁"})
    one.sync()
    one.post("a.md", "图书馆新甲")
    one.post("b.md", "图书馆乙")
    one.lines("c.jsonl", {"2": "图书馆丁"})

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if moment == "before the engine":
            patch.setattr(ClusterWriter, "commit", fail)
        else:
            patch.setattr(CatalogWriter, "flag_as_indexed", fail)
        one.sync()
    one.sync()
    assert one.find("图书馆") == sorted(["图书馆丁", "图书馆乙", "图书馆新甲"])
    assert one.agrees()
    assert counts(one.sync()) == (0, 0, 0, 3)


def test_texts_are_kept_by_the_cluster_alone(one: Archive) -> None:
    one.post("a.md", "图书馆" * 100)
    one.sync()
    with closing(sqlite3.connect(IndexDirectory(one.directory).current().catalog_file)) as connection:
        assert connection.execute("SELECT text, html FROM articles").fetchall() == [(b"", b"")]
    assert list(one.texts().values()) == ["图书馆" * 100]


def test_hits_beyond_the_ten_thousandth_are_given_in_order_and_once(
    cluster: list[str], tmp_path: Path
) -> None:
    number = 10_050
    with new_engine("opensearch", tmp_path / "engine") as engine:
        with engine.writer() as writer:
            for position in range(number):
                writer.add(document(f"{position:05d}", body="图书", date=position // 3))
            writer.commit()
        engine.refresh()
        found: list[str] = []
        for offset, limit in ((0, 9_990), (9_990, 20), (10_010, 100)):
            hits = engine.search(query.Every(), sort=Sort.OLDEST, offset=offset, limit=limit)
            assert hits.total == number
            found += [hit.id for hit in hits.hits]
        assert found == [f"{position:05d}" for position in range(number)]
        assert engine.search(query.Every(), sort=Sort.OLDEST, offset=number, limit=10).hits == ()


# From one engine to another


def test_an_index_moves_to_a_cluster_and_back_without_reading_a_file(
    archive: Archive, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        archive.post(f"{number}.md", f"漂浮图书馆的第{number}篇<b>文章</b>", title=f"题{number}")
    archive.sync()
    with closing(archive.open()) as index:
        before = by_id(index.articles.all_articles())

    def read_bytes(file: FoundFile, limit: int) -> bytes:
        raise AssertionError(f"{file.location} was read")

    monkeypatch.setattr(prepare, "read_bytes", read_bytes)
    for engine, url in (("opensearch", address), ("tantivy", "")):
        report = archive.sync(IngestRequest(engine=engine, url=url))
        assert (report.engine, report.articles, counts(report)) == (engine, 20, (0, 0, 0, 20))
        with closing(archive.open()) as index:
            assert by_id(index.articles.all_articles()) == before
        assert len(archive.find("漂浮图书馆")) == 20
        assert archive.agrees()
    with pytest.raises(IndexMissingError):
        OpenIndex.at(address)


def test_the_same_cluster_by_another_address_loses_nothing(one: Archive, cluster: list[str]) -> None:
    one.post("a.md", "漂浮图书馆")
    one.sync()
    report = one.sync(IngestRequest(engine="opensearch", url=f"{cluster[0]}/{one.url.rpartition('/')[2]}"))
    assert report.articles == 1
    assert one.find("图书馆") == ["漂浮图书馆"]
    assert one.agrees()


def test_what_was_not_finished_is_read_again_after_a_move(
    one: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.post("a.md", "图书馆甲")
    one.post("b.md", "图书馆乙")
    one.sync()
    one.post("a.md", "图书馆新甲")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ClusterWriter, "commit", fail)
        one.sync()
    with closing(shared(one)) as engine, engine.writer() as writer:
        writer.delete(post_id("posts/b.md"))
        writer.commit()
    one.sync(IngestRequest(engine="tantivy"))
    assert one.find("图书馆") == sorted(["图书馆新甲", "图书馆乙"])
    assert one.agrees()


def test_a_move_that_broke_off_leaves_no_surplus(
    archive: Archive, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.lines("a.jsonl", {"1": "图书馆甲", "2": "图书馆乙", "3": "图书馆丙"})
    archive.sync()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(move_module, "record_checksums", fail)
        archive.sync(IngestRequest(engine="opensearch", url=address))
    archive.lines("a.jsonl", {"1": "图书馆甲", "3": "图书馆新丙"})
    archive.sync()
    archive.sync(IngestRequest(engine="opensearch", url=address))
    assert archive.find("图书馆") == sorted(["图书馆甲", "图书馆新丙"])
    assert archive.agrees()


# Verifying


def test_what_the_cluster_lacks_and_what_it_has_too_much_is_found_and_repaired(one: Archive) -> None:
    one.lines("a.jsonl", {str(number): f"图书馆{number}号" for number in range(5)})
    one.sync()
    assert one.agrees()
    with closing(shared(one)) as engine, engine.writer() as writer:
        writer.delete("3")
        writer.add(document("surplus", body="图书馆"))
        writer.commit()
    found = verify(one.directory)
    assert (found.not_in_engine, found.not_in_catalog) == (("3",), ("surplus",))
    repair(one.directory)
    one.sync()
    assert one.agrees()
    assert len(one.find("图书馆")) == 5


# What is wrong is said


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Runs `souwen`: exit code and standard error."""

    def runner(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["souwen", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return runner


def test_a_cluster_that_is_not_there_is_said_to_be_not_there(run: Run, one: Archive) -> None:
    url = "http://127.0.0.1:1/posts"
    for command in (
        ("index", one.folder, "--index", one.directory, "--engine", "opensearch", "--url", url),
        ("search", "图书馆", "--index", url),
    ):
        code, error = run(*command)
        assert code == 2
        assert "no node of http://127.0.0.1:1/posts answers" in error


def test_an_index_that_souwen_did_not_make_is_left_alone(run: Run, one: Archive, index_prefix: str) -> None:
    assert opensearch.ask("PUT", f"/{index_prefix}posts", "{}")["acknowledged"]
    command = ("index", one.folder, "--index", one.directory, "--engine", "opensearch", "--url", one.url)
    for arguments in (command, ("search", "图书馆", "--index", one.url)):
        code, error = run(*arguments)
        assert code == 2
        assert "is not an index that souwen made" in error
    assert opensearch.ask("GET", f"/{index_prefix}posts/_count")["count"] == 0


def test_a_password_in_an_address_is_refused_and_not_shown(run: Run, one: Archive) -> None:
    url = "http://me:geheim@127.0.0.1:1/posts"
    code, error = run("index", one.folder, "--index", one.directory, "--engine", "opensearch", "--url", url)
    assert code == 2
    assert "SOUWEN_OPENSEARCH_PASSWORD" in error
    assert "geheim" not in error
    assert not list(one.directory.glob("gen-*"))


def test_without_its_package_the_line_that_installs_it_is_said(
    run: Run, one: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **others: Any) -> Any:
        if name.partition(".")[0] == "opensearchpy":
            raise ImportError(name)
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    code, error = run(
        "index", one.folder, "--index", one.directory, "--engine", "opensearch", "--url", one.url
    )
    assert code == 2
    assert "python -m pip install opensearch-py orjson" in error.replace(sys.executable, "python")


def test_nothing_at_an_address_is_said_with_the_command_that_makes_it(run: Run, address: str) -> None:
    code, error = run("search", "图书馆", "--index", address)
    assert code == 2
    assert "there is no index at" in error
    assert f"--engine opensearch --url {address}" in error
