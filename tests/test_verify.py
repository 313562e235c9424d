"""Verifying: what does not agree is found; and repaired, without the articles' files if possible."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive

from cli.main import main
from index.engines.base import engine_class
from index.errors import IndexDamagedError
from index.maintenance.reindex import reindex
from index.maintenance.verify import Findings, repair, verify
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import IndexDirectory


@pytest.fixture
def full(any_archive: Archive) -> Archive:
    """An index of twenty articles."""
    for number in range(20):
        any_archive.post(f"{number}.md", f"漂浮图书馆的第{number}篇文章，讲的是别的事情。")
    any_archive.sync()
    return any_archive


def findings(archive: Archive) -> Findings:
    with closing(archive.open()) as index:
        return verify(index)


def engine_files(archive: Archive) -> Path:
    return IndexDirectory(archive.directory).current().engine_directory


def catalog_says(archive: Archive, sql: str) -> None:
    catalog = IndexDirectory(archive.directory).current().catalog_file
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute(sql)
        connection.commit()


def an_article_missing_in_the_engine(archive: Archive) -> None:
    directory = engine_files(archive)
    with closing(engine_class(archive.engine).open(directory)) as engine, engine.writer() as writer:
        writer.delete(min(engine.ids()))
        writer.commit()


def a_document_without_an_article(archive: Archive) -> None:
    catalog_says(archive, "DELETE FROM articles WHERE id = (SELECT min(id) FROM articles)")


def a_text_that_is_not_what_is_found(archive: Archive) -> None:
    catalog_says(archive, "UPDATE articles SET text = '钟楼里的修钟人今天休息。' WHERE text LIKE '%第7篇%'")


def a_broken_segment(archive: Archive) -> None:
    recorded = json.loads((engine_files(archive).parent / "checksums.json").read_text())
    largest = engine_files(archive) / max(recorded, key=lambda name: recorded[name][0])
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 0x55
    largest.write_bytes(bytes(data))


def no_engine(archive: Archive) -> None:
    for path in engine_files(archive).iterdir():
        path.unlink()


def a_document_twice(archive: Archive) -> None:
    directory = engine_files(archive)
    with closing(archive.open()) as index:
        article = next(iter(index.articles.all_articles()))
        analyzer, timezone = index.analyzer, index.zone
    from index.analysis.document import make_document

    with closing(engine_class(archive.engine).open(directory)) as engine, engine.writer() as writer:
        if archive.engine == "whoosh":
            pytest.skip("Whoosh keeps ids apart by itself")
        writer.add(make_document(article, analyzer, timezone))
        writer.commit()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (an_article_missing_in_the_engine, "not_in_engine"),
        (a_document_without_an_article, "not_in_catalog"),
        (a_text_that_is_not_what_is_found, "wrongly_found"),
        (a_broken_segment, "damaged_files"),
        (no_engine, ""),
        (a_document_twice, ""),
    ],
)
def test_what_is_wrong_is_found_and_repaired_without_the_files(
    full: Archive, damage: Callable[[Archive], None], found: str
) -> None:
    assert findings(full).agree
    damage(full)
    full.folder.rename(full.folder.with_name("away"))
    if found:
        wrong = findings(full)
        assert getattr(wrong, found)
        assert any("run: souwen verify --repair" in line for line in wrong.lines("x"))
    assert len(repair(full.directory)) == 1
    assert repair(full.directory) == []
    full.folder.with_name("away").rename(full.folder)
    after = findings(full)
    assert (after.not_in_engine, after.not_in_catalog, after.wrongly_found, after.damaged_files) == ((),) * 4
    assert after.articles == after.documents
    assert len(list(full.directory.glob("gen-*"))) <= 2
    if damage not in (a_document_without_an_article, a_text_that_is_not_what_is_found):
        assert after.agree
        assert len(full.find("漂浮图书馆")) == 20


def test_a_broken_catalog_is_told_and_not_repaired(archive: Archive) -> None:
    for number in range(50):
        archive.post(f"{number}.md", f"图书馆{number}" + "很长的文章。" * 300)
    archive.sync()
    catalog = IndexDirectory(archive.directory).current().catalog_file
    data = bytearray(catalog.read_bytes())
    data[3 * 16384 :] = b"\x55" * (len(data) - 3 * 16384)
    catalog.write_bytes(bytes(data))
    for check in (lambda: findings(archive), lambda: repair(archive.directory)):
        with pytest.raises(IndexDamagedError):
            check()


def test_who_writes_just_now_is_waited_for(full: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two steps of a commit, catalog and engine differ."""
    directory = IndexDirectory(full.directory)
    is_between, was_seen = threading.Event(), threading.Event()

    def write() -> None:
        generation = directory.current()
        with directory.write_lock(), closing(CatalogWriter.open(generation.catalog_file)) as catalog:
            catalog.flag_as_unindexed(list(catalog.ids())[:3])
            is_between.set()
            was_seen.wait(60)
            time.sleep(0.5)  # verify has begun meanwhile; if it has not, there is nothing to wait for
            engine = engine_class(generation.meta.engine).open(generation.engine_directory)
            with closing(engine), engine.writer() as writer:
                reindex(catalog, writer, generation)
                writer.commit()
                catalog.flag_as_indexed()
            record_checksums(generation)

    monkeypatch.setattr(sys, "argv", ["souwen", "verify", "--index", str(full.directory)])
    writer = threading.Thread(target=write)
    writer.start()
    is_between.wait(60)
    assert findings(full).unindexed
    was_seen.set()
    with pytest.raises(SystemExit) as ended:
        main()
    writer.join()
    assert ended.value.code == 0


def test_a_file_is_read_once_for_its_checksum(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    recorded = archive.directory / archive.sync().generation / "checksums.json"
    before = json.loads(recorded.read_text())
    assert before
    archive.post("b.md", "图书馆乙")
    archive.sync()
    after = json.loads(recorded.read_text())
    assert after.keys() > before.keys() or after.keys() != before.keys()
    assert {name: after[name] for name in before.keys() & after.keys()} == {
        name: before[name] for name in before.keys() & after.keys()
    }
