"""Verifying: what does not agree is found; and repaired, without the articles' files if possible."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from archive import Archive

from cli.main import main
from index.analysis.document import make_document
from index.engines.base import engine_class
from index.errors import EngineError, IndexDamagedError
from index.ingest.job import IngestRequest
from index.maintenance.reindex import reindex
from index.maintenance.verify import Findings, repair, verify
from index.packing import pack_text, unpack_text
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import Generation, IndexDirectory


@pytest.fixture
def full(any_archive: Archive) -> Archive:
    """An index of twenty articles."""
    for number in range(20):
        any_archive.post(f"{number}.md", f"漂浮图书馆的第{number}篇文章，讲的是别的事情。")
    any_archive.sync()
    return any_archive


def findings(archive: Archive) -> Findings:
    return verify(archive.directory, is_deep=True)


def engine_files(archive: Archive) -> Path:
    return IndexDirectory(archive.directory).current().engine_directory


def catalog_says(archive: Archive, sql: str) -> None:
    catalog = IndexDirectory(archive.directory).current().catalog_file
    with closing(sqlite3.connect(catalog)) as connection:
        connection.create_function("packed", 1, pack_text)
        connection.create_function("unpacked", 1, unpack_text)
        connection.execute(sql)
        connection.commit()


def an_article_missing_in_the_engine(archive: Archive) -> None:
    directory = engine_files(archive)
    with closing(engine_class(archive.engine).open(directory)) as engine, engine.writer() as writer:
        writer.delete(min(engine.ids()))
        writer.commit()
    record_checksums(IndexDirectory(archive.directory).current())


def a_document_without_an_article(archive: Archive) -> None:
    catalog_says(archive, "DELETE FROM articles WHERE id = (SELECT min(id) FROM articles)")


def a_document_of_another_text(archive: Archive) -> None:
    directory = engine_files(archive)
    with closing(archive.open()) as index:
        (article,) = [a for a in index.articles.all_articles() if "第7篇" in a.text]
        told = make_document(replace(article, text="钟楼里的修钟人今天休息。"), index.analyzer, index.zone)
    with closing(engine_class(archive.engine).open(directory)) as engine, engine.writer() as writer:
        writer.delete(article.id)
        writer.add(told)
        writer.commit()
    record_checksums(IndexDirectory(archive.directory).current())


def a_broken_segment(archive: Archive) -> None:
    largest = max(engine_files(archive).iterdir(), key=lambda path: path.stat().st_size)
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
    with closing(engine_class(archive.engine).open(directory)) as engine, engine.writer() as writer:
        if archive.engine == "whoosh":
            pytest.skip("Whoosh keeps ids apart by itself")
        writer.add(make_document(article, analyzer, timezone))
        writer.commit()
    record_checksums(IndexDirectory(archive.directory).current())


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (an_article_missing_in_the_engine, "not_in_engine"),
        (a_document_without_an_article, "not_in_catalog"),
        (a_document_of_another_text, "wrongly_found"),
        (a_broken_segment, "damaged_files"),
        (no_engine, "damaged_files"),
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
        assert any("run: souwen verify --repair" in str(line) for line in wrong.lines("x"))
    assert len(repair(full.directory)) == 1
    assert repair(full.directory) == []
    full.folder.with_name("away").rename(full.folder)
    after = findings(full)
    assert (after.not_in_engine, after.not_in_catalog, after.wrongly_found, after.damaged_files) == ((),) * 4
    assert after.articles == after.documents
    assert len(list(full.directory.glob("gen-*"))) <= 2
    if damage is not a_document_without_an_article:
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
    before = json.loads(recorded.read_text())["files"]
    assert before
    archive.post("b.md", "图书馆乙")
    archive.sync()
    after = json.loads(recorded.read_text())["files"]
    assert after.keys() > before.keys() or after.keys() != before.keys()
    rewritten = {"engine/meta.json", "engine/.managed.json"}
    assert {name: after[name] for name in (before.keys() & after.keys()) - rewritten} == {
        name: before[name] for name in (before.keys() & after.keys()) - rewritten
    }


# What is damaged in the catalog


def rot(archive: Archive, number: int = 7) -> None:
    """A text changes by itself."""
    catalog_says(
        archive,
        "UPDATE articles SET text = packed(replace(unpacked(text), '漂浮', '漂泊')) "
        f"WHERE unpacked(text) LIKE '%第{number}篇%'",
    )


def test_a_text_that_is_not_what_was_stored_is_read_again(full: Archive) -> None:
    rot(full)
    wrong = findings(full)
    assert len(wrong.damaged_articles) == 1
    assert wrong.wrongly_found == ()
    assert [*map(str, repair(full.directory))] == [
        "1 articles are no longer what was stored: their files are read again."
    ]
    assert len(full.find("漂浮图书馆")) == 20  # what the engine has of it stays
    report = full.sync(IngestRequest(keep=True))
    assert (report.changed, report.unchanged) == (1, 19)
    assert findings(full).agree
    assert full.find("漂泊图书馆") == []


def test_rot_is_not_spread_to_an_engine_that_is_made_anew(full: Archive) -> None:
    rot(full)
    no_engine(full)
    assert len(repair(full.directory)) == 2
    assert len(full.find("漂浮图书馆")) == 19
    assert full.find("漂泊图书馆") == []
    assert len(findings(full).damaged_articles) == 1
    full.sync(IngestRequest(keep=True))
    assert len(full.find("漂浮图书馆")) == 20
    assert findings(full).agree


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE articles SET digest = x'00' WHERE unpacked(text) LIKE '%第7篇%'", "damaged_articles"),
        ("UPDATE articles SET html = x'00' WHERE unpacked(text) LIKE '%第7篇%'", "damaged_articles"),
        ("UPDATE articles SET categories = '[' WHERE unpacked(text) LIKE '%第7篇%'", "damaged_articles"),
        ("UPDATE articles SET title = CAST(x'ff' AS TEXT) WHERE path = 'posts/7.md'", "damaged_articles"),
        ("UPDATE articles SET text = x'78' WHERE path = 'posts/7.md'", "damaged_articles"),
        ("UPDATE articles SET file = 1000 WHERE unpacked(text) LIKE '%第7篇%'", "damaged_articles"),
        ("UPDATE articles SET file = 1 WHERE file = 2", "damaged_articles"),
        ("UPDATE articles SET date = 1 WHERE unpacked(text) LIKE '%第7篇%'", "damaged_articles"),
        ("UPDATE runs SET added = 7", "damaged_tables"),
        ("INSERT INTO problems VALUES (1, 'posts/0.md', '?', 'lost')", "damaged_tables"),
        ("UPDATE files SET digest = 'x' WHERE path = 'posts/7.md'", "changed_files"),
    ],
)
def test_what_is_damaged_in_the_catalog_is_found_and_mended(archive: Archive, sql: str, found: str) -> None:
    for number in range(9):
        archive.post(f"{number}.md", f"漂浮图书馆的第{number}篇文章")
    archive.sync()
    before = archive.texts()
    catalog_says(archive, sql)
    assert getattr(findings(archive), found)
    repair(archive.directory)
    archive.sync(IngestRequest(keep=True))
    after = findings(archive)
    if found != "changed_files":  # its look is that of before, and the next change will have it read
        assert after.agree
    assert archive.texts() == before
    assert archive.problems() == []


def test_a_sketch_that_is_not_that_of_the_text_is_found_and_mended(archive: Archive) -> None:
    for number in range(3):
        archive.post(f"{number}.md", f"漂浮图书馆的第{number}篇文章，讲的是别的事情。" * 9)
    archive.sync()
    catalog_says(archive, "UPDATE sketches SET sketch = x'00' WHERE id = (SELECT min(id) FROM sketches)")
    assert len(findings(archive).wrongly_found) == 1
    assert [*map(str, repair(archive.directory))] == ["1 articles were indexed again."]
    assert findings(archive).agree


def test_folders_that_nobody_named_are_not_read(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    catalog_says(archive, "UPDATE roots SET drafts = 1")
    assert findings(archive).damaged_tables == ("roots",)
    for run in (lambda: archive.sync(IngestRequest()), lambda: repair(archive.directory)):
        with pytest.raises(IndexDamagedError, match=r"list of folders is damaged: .*posts\. Run"):
            run()
    archive.sync(IngestRequest([archive.folder], rebuild=True))
    assert findings(archive).agree


def a_broken_description(generation: Generation) -> None:
    file = generation.path / "meta.json"
    file.write_text(file.read_text().replace('"created": "2', '"created": "3'))


def no_checksums(generation: Generation) -> None:
    (generation.path / "checksums.json").unlink()


def broken_checksums(generation: Generation) -> None:
    file = generation.path / "checksums.json"
    file.write_text(file.read_text().replace("a", "b", 1))


def an_engine_of_other_numbers(generation: Generation) -> None:
    file = generation.engine_directory / "meta.json"
    status = file.stat()
    file.write_text(file.read_text().replace('"max_doc":', '"max_doc":1'))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def a_file_of_nobody(generation: Generation) -> None:
    (generation.engine_directory / "0123.store").write_bytes(b"?")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (a_broken_description, "meta.json"),
        (no_checksums, "checksums.json"),
        (broken_checksums, "checksums.json"),
        (an_engine_of_other_numbers, "engine/meta.json"),
        (a_file_of_nobody, "engine/0123.store"),
    ],
)
def test_files_of_the_index_are_what_was_written(
    archive: Archive, damage: Callable[[Generation], None], found: str
) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    damage(IndexDirectory(archive.directory).current())
    assert findings(archive).damaged_files == (found,)
    repair(archive.directory)
    assert findings(archive).agree
    assert len(archive.find("图书馆")) == 1


def test_an_engine_that_cannot_be_read_is_told(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    for file in engine_files(archive).glob("*.store"):
        data = file.read_bytes()
        file.write_bytes(bytes(len(data) - 100) + data[-100:])
    with pytest.raises((EngineError, IndexDamagedError)), closing(archive.open()) as index:
        index.engine.ids()
