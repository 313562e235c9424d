"""Indexes of older formats: their articles are had, and they are made anew, with and without their files."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from archive import Archive
from older import make_format_2, make_older

from index.analysis import ANALYSIS_VERSION
from index.article import Article, Problem, ProblemKind
from index.engines.base import ANONYMOUS
from index.errors import IndexDamagedError, IndexMismatchError, InputError
from index.ingest.job import IngestRequest
from index.maintenance.backup import backup, restore
from index.maintenance.verify import repair
from index.store.catalog import Catalog
from index.store.directory import FORMAT, IndexDirectory
from index.store.reader import IndexReader, catalog_of, open_articles

POST = """---
title: 图书馆开馆
author: 张三
date: 2022-01-04
categories: [新闻, 本地]
tags: [读书]
---
<p>图书馆<b>今天</b>开馆。</p>
"""


@pytest.fixture
def older(archive: Archive, tmp_path: Path) -> Archive:
    """An index of format 1, of two articles, a file that was lost and one that was read in part."""
    words = tmp_path / "words.txt"
    words.write_text("图书馆 100\n", encoding="utf-8")
    archive.settings = replace(archive.settings, dictionary=str(words))
    archive.write("a.md", POST)
    archive.lines("b.jsonl", {"1": "图书馆乙"})
    archive.write("lost.jsonl", "{\n")
    archive.write("part.md", "---\ntitle: [a\n---\n<p>钟楼</p>")
    archive.sync(IngestRequest([archive.folder], engine="whoosh", segmenter="jieba"))
    make_older(archive)
    archive.settings = replace(archive.settings, dictionary="")
    return archive


def articles(archive: Archive) -> dict[str, Article]:
    with open_articles(archive.directory, ANONYMOUS) as found:
        return {article.id: article for article in found.all_articles()}


def kinds(problems: list[Problem]) -> dict[str, ProblemKind]:
    return {problem.path: problem.kind for problem in problems}


def catalog_file(archive: Archive) -> Path:
    return IndexDirectory(archive.directory).current(any_version=True).catalog_file


def test_the_catalog_is_read_as_it_is(older: Archive) -> None:
    with closing(Catalog.open(catalog_file(older))) as catalog:
        (found,) = [article for article in catalog.all_articles() if article.title == "图书馆开馆"]
        assert (found.author, found.categories, found.tags) == ("张三", ("新闻", "本地"), ())
        assert "<b>今天</b>" in found.html
        assert catalog.article(found.id) == found
        assert catalog.newest(1)[0].id == found.id
        assert kinds(catalog.problems()) == {
            "posts/lost.jsonl:1": ProblemKind.LOST,
            "posts/part.md": ProblemKind.PARTIAL,
        }
        assert catalog.count_problems()[ProblemKind.LOST] == 1
        assert catalog.roots() == {"posts": older.folder}
        assert not catalog.takes_drafts()
        assert catalog.readings() == {"posts": ""}
        catalog.check()


def test_searches_and_runs_name_the_command_that_mends_it(older: Archive) -> None:
    mend = rf"has format 1, and this souwen reads {FORMAT}\. Run: souwen index --rebuild --index .*index$"
    before = catalog_file(older).read_bytes()
    with pytest.raises(IndexMismatchError, match=mend), closing(IndexReader(older.directory)) as reader:
        reader.acquire().__enter__()
    for request in (IngestRequest(), IngestRequest([older.folder]), IngestRequest(engine="tantivy")):
        with pytest.raises(IndexMismatchError, match=mend):
            older.sync(request)
    older.folder.rename(older.folder.with_name("away"))  # that is not what is told first
    with pytest.raises(IndexMismatchError, match=mend):
        older.sync(IngestRequest())
    with pytest.raises(IndexMismatchError, match=mend):
        repair(older.directory)
    assert catalog_file(older).read_bytes() == before


def test_a_rebuild_keeps_how_it_was_made(older: Archive) -> None:
    report = older.sync(IngestRequest(rebuild=True))
    assert (report.engine, report.articles) == ("whoosh", 3)
    live = IndexDirectory(older.directory).current()
    assert (live.meta.segmenter, live.meta.format) == ("jieba", FORMAT)
    assert live.dictionary == "图书馆 100\n"
    assert next(a for a in articles(older).values() if a.author).tags == ("读书",)
    assert older.agrees()


def test_articles_whose_files_are_gone_are_exported_backed_up_and_restored(
    older: Archive, tmp_path: Path
) -> None:
    older.folder.rename(older.folder.with_name("away"))
    exported = articles(older)
    assert len(exported) == 3
    file = tmp_path / "backup.tar.gz"
    assert backup(older.directory, file).articles == 3
    restore(older.directory, file, replaces=True)
    meta = IndexDirectory(older.directory).current().meta
    assert (meta.engine, meta.format, meta.analysis) == ("whoosh", FORMAT, ANALYSIS_VERSION)
    assert articles(older) == exported
    assert len(older.find("图书馆")) == 2
    with closing(older.open()) as index:
        assert kinds(catalog_of(index).problems())["posts/lost.jsonl:1"] is ProblemKind.LOST
    older.folder.with_name("away").rename(older.folder)
    older.sync(IngestRequest([older.folder]))  # the files are there again, with what was not read then
    assert next(a for a in articles(older).values() if a.author).tags == ("读书",)
    assert older.agrees()


def test_articles_of_format_2_are_read_backed_up_and_restored(archive: Archive, tmp_path: Path) -> None:
    archive.write("a.md", POST)
    archive.lines("b.jsonl", {"1": "图书馆乙", "2": ""})
    archive.sync()
    stored = articles(archive)
    make_format_2(archive)
    assert articles(archive) == stored
    with closing(Catalog.open(catalog_file(archive))) as catalog:
        assert sorted(catalog.texts()) == sorted(f"{a.title}\n{a.text}" for a in stored.values())
        assert catalog.count() == 3
        assert not catalog.has_unindexed()
    mend = rf"has format 2, and this souwen reads {FORMAT}\. Run: souwen index --rebuild"
    with pytest.raises(IndexMismatchError, match=mend):
        archive.sync(IngestRequest())
    file = tmp_path / "backup.tar.gz"
    backup(archive.directory, file)
    restored = replace(archive, directory=tmp_path / "restored")
    restore(restored.directory, file, replaces=False)
    assert articles(restored) == stored
    assert len(restored.find("图书馆")) == 2
    assert restored.agrees()
    assert archive.sync(IngestRequest(rebuild=True)).articles == 3
    assert articles(archive) == stored


def test_a_backup_that_an_earlier_souwen_made_is_restored(older: Archive, tmp_path: Path) -> None:
    exported, file = articles(older), tmp_path / "backup.tar.gz"
    generation = catalog_file(older).parent
    with tarfile.open(file, "w:gz") as packed:
        for name in ("meta.json", "dictionary.txt", "catalog.sqlite"):
            packed.add(generation / name, name)
    restored = replace(older, directory=tmp_path / "restored")
    assert restore(restored.directory, file, replaces=False).articles == 3
    assert articles(restored) == exported
    assert len(restored.find("图书馆")) == 2
    assert restored.agrees()


def test_a_damaged_catalog_is_told(older: Archive, tmp_path: Path) -> None:
    file = catalog_file(older)
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite"):
        articles(older)
    with pytest.raises((IndexDamagedError, InputError)):
        backup(older.directory, tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()


def test_a_description_of_no_version_is_refused_for_its_articles_too(older: Archive) -> None:
    description = catalog_file(older).with_name("meta.json")
    description.write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(IndexMismatchError, match=r"has format 99.* Run: souwen index FOLDER --rebuild"):
        articles(older)


def test_a_catalog_without_sketches_is_restored_with_them(archive: Archive, tmp_path: Path) -> None:
    archive.post("a.md", "临江大桥今日起实行单双号限行，公交车与救护车不受影响。", "限行通告")
    archive.sync()
    with closing(archive.open()) as index:
        (article_id,) = catalog_of(index).ids()
        kept = index.articles.sketches([article_id])
    generation = IndexDirectory(archive.directory).current()
    with closing(sqlite3.connect(generation.catalog_file)) as connection:
        connection.executescript("DROP TRIGGER sketches_go; DROP TABLE sketches;")
    file = tmp_path / "backup.tar.gz"
    backup(archive.directory, file)
    restored = replace(archive, directory=tmp_path / "restored")
    restore(restored.directory, file, replaces=False)
    with closing(restored.open()) as index:
        assert index.articles.sketches([article_id]) == kept
