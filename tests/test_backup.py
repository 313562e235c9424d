"""Backup and restore: one file, at any time, of which the same index is made again."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive import Archive, counts
from backups import rewritten

from index.analysis import ANALYSIS_VERSION
from index.durability import unfinished_folder
from index.engines.base import ANONYMOUS
from index.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexMissingError,
    InputError,
    SouwenError,
    VanishedError,
)
from index.ingest.sync import IngestRequest
from index.maintenance.backup import backup, restore
from index.store.directory import FORMAT, IndexDirectory
from index.store.reader import open_articles
from search.request import SearchRequest
from search.searcher import Searcher


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar.gz"


def elsewhere(archive: Archive) -> Archive:
    return replace(archive, directory=archive.directory.with_name("restored"))


def answers(archive: Archive) -> list[Any]:
    with closing(Searcher(archive.directory, archive.settings)) as searcher:
        found = [searcher.search(SearchRequest(text)) for text in ("图书馆", "title:题", "乙 OR 丙")]
        return [[(hit.article, round(hit.score, 6)) for hit in results.hits] for results in found]


def test_a_restored_index_answers_as_before(any_archive: Archive, file: Path) -> None:
    any_archive.post("a.md", "图书馆甲")
    any_archive.lines("b.jsonl", {"1": "图书馆乙", "2": "钟楼丙"})
    any_archive.write("bad.md", "---\ntitle: 'x\n---\n")
    words = any_archive.folder.parent / "words.txt"
    words.write_text("图书馆甲\n", encoding="utf-8")
    any_archive.settings = replace(any_archive.settings, dictionary=str(words), timezone="Asia/Taipei")
    any_archive.sync()
    saved = backup(any_archive.directory, file)
    assert (saved.articles, saved.bytes) == (4, file.stat().st_size)

    told: list[tuple[int, int]] = []
    restored = elsewhere(any_archive)
    # The files are not needed, nor the settings.
    any_archive.folder.rename(any_archive.folder.with_name("away"))
    result = restore(restored.directory, file, replaces=False, progress=lambda *now: told.append(now))
    assert (result.articles, told[-1]) == (4, (4, 4))
    assert answers(restored) == answers(any_archive)
    assert restored.texts() == any_archive.texts()
    assert restored.problems() == any_archive.problems()
    meta = IndexDirectory(restored.directory).current().meta
    assert (meta.engine, meta.timezone) == (any_archive.engine, "Asia/Taipei")

    any_archive.folder.with_name("away").rename(any_archive.folder)
    report = restored.sync(IngestRequest([any_archive.folder]))
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 3)
    assert restored.agrees()


def change_meta(archive: Archive, **values: object) -> None:
    """Changes the metadata of the live generation."""
    description = IndexDirectory(archive.directory).current().path / "meta.json"
    meta = json.loads(description.read_text(encoding="utf-8")) | values
    description.write_text(json.dumps(meta), encoding="utf-8")


def test_an_index_of_an_earlier_analysis_gives_its_articles(any_archive: Archive, file: Path) -> None:
    """Their files may be gone."""
    any_archive.post("a.md", "图书馆甲")
    any_archive.lines("b.jsonl", {"1": "图书馆乙"})
    any_archive.sync()
    texts, found = any_archive.texts(), answers(any_archive)
    change_meta(any_archive, analysis=ANALYSIS_VERSION - 1)
    any_archive.folder.rename(any_archive.folder.with_name("away"))
    with pytest.raises(IndexMismatchError, match="queries would not match"):
        any_archive.find("图书馆")
    with open_articles(any_archive.directory, ANONYMOUS) as articles:
        assert {article.id: article.text for article in articles.all_articles()} == texts
    assert backup(any_archive.directory, file).articles == 2
    restore(any_archive.directory, file, replaces=True)
    assert answers(any_archive) == found


def test_a_rebuild_of_an_index_of_an_earlier_analysis_keeps_how_it_was_made(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync(IngestRequest([archive.folder], engine="whoosh", segmenter="jieba"))
    change_meta(archive, analysis=ANALYSIS_VERSION - 1)
    archive.sync(IngestRequest(rebuild=True))
    meta = IndexDirectory(archive.directory).current().meta
    assert (meta.engine, meta.segmenter, meta.analysis) == ("whoosh", "jieba", ANALYSIS_VERSION)
    assert archive.find("图书馆") == ["图书馆"]


@pytest.mark.parametrize("is_of_directory", [True, False])
def test_articles_on_a_cluster_are_backed_up_there(
    archive: Archive, file: Path, is_of_directory: bool
) -> None:
    url = "https://search.example:9200/news"
    archive.lines("a.jsonl", {"1": "图书馆"})
    archive.sync()
    change_meta(archive, engine="opensearch", url=url)
    with pytest.raises(InputError, match="snapshots") as error:
        backup(archive.directory if is_of_directory else url, file)
    assert f"souwen export --index {url} -o FILE" in str(error.value)
    assert not file.exists()
    assert [*file.parent.glob(".backup*")] == []


def test_a_backup_of_an_index_that_is_being_written(archive: Archive, file: Path) -> None:
    """At any moment it is one of the states that were committed."""
    archive.lines("a.jsonl", {str(number): "图书馆0" for number in range(5)})
    archive.sync()
    is_over = threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(1, 200):
                if is_over.is_set():
                    return
                archive.lines("a.jsonl", {str(i): f"图书馆{number}" for i in range(5 + number % 3)})
                archive.sync(IngestRequest(rebuild=number % 5 == 0))
        except BaseException as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    restored = elsewhere(archive)
    try:
        for _ in range(5):
            backup(archive.directory, file)
            restore(restored.directory, file, replaces=True)
            texts = restored.texts()
            (text,) = set(texts.values())
            number = int(text.removeprefix("图书馆"))
            assert sorted(texts) == [str(i) for i in range(5 + number % 3)]
            assert restored.find("图书馆") == [text] * len(texts)
    finally:
        is_over.set()
        writing.join()
    assert not failures
    assert not list(file.parent.glob(".backup*"))


def test_what_was_pending_is_in_the_engine_after_a_restore(archive: Archive, file: Path) -> None:
    archive.lines("a.jsonl", {"1": "图书馆一", "2": "图书馆二"})
    catalog = archive.directory / archive.sync().generation / "catalog.sqlite"
    with closing(sqlite3.connect(catalog)) as connection:  # a run was killed between two commits
        connection.execute("INSERT INTO unindexed VALUES ('1', 2), ('2', 1)")
        connection.commit()
    backup(archive.directory, file)
    restored = elsewhere(archive)
    restore(restored.directory, file, replaces=False)
    assert restored.find("图书馆") == ["图书馆二"]
    with closing(restored.open()) as index:
        assert not index.catalog.has_unindexed()
        assert index.engine.ids() == {"2"}


def test_an_index_is_replaced_only_where_that_is_asked_for(archive: Archive, file: Path) -> None:
    archive.post("a.md", "图书馆旧")
    archive.sync()
    backup(archive.directory, file)
    archive.post("a.md", "图书馆更新")
    archive.sync()
    with pytest.raises(InputError, match=r"has an index\. .* souwen restore .*backup\.tar\.gz --replace"):
        restore(archive.directory, file, replaces=False)
    assert archive.find("图书馆") == ["图书馆更新"]
    with pytest.raises(IndexBusyError), IndexDirectory(archive.directory).write_lock():
        restore(archive.directory, file, replaces=True)
    with closing(Searcher(archive.directory, archive.settings)) as searcher:
        searcher.search(SearchRequest("图书馆"))  # whoever has it open is not disturbed
        restore(archive.directory, file, replaces=True)
    assert archive.find("图书馆") == ["图书馆旧"]
    assert archive.sync().changed == 1
    assert len(list(archive.directory.glob("gen-*"))) == 1


def cut_off(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def without_a_catalog(file: Path) -> None:
    with tarfile.open(file, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("meta.json"), io.BytesIO())


def of_the_future(file: Path) -> None:
    rewritten(file, "meta.json", lambda data: json.dumps(json.loads(data) | {"format": 99}).encode())


def with_a_broken_catalog(file: Path) -> None:
    rewritten(file, "catalog.sqlite", lambda data: data[:20_000] + b"\xff" * 50_000 + data[70_000:])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off, "is not a backup of souwen, or is cut off"),
        (lambda file: file.write_bytes(b"PK"), "is not a backup of souwen"),
        (lambda file: file.unlink(), "there is no such file"),
        (without_a_catalog, "is not a backup of souwen"),
        (of_the_future, f"has format 99, and this souwen reads {FORMAT}"),
        (with_a_broken_catalog, "the catalog in it is damaged"),
    ],
)
def test_what_is_no_backup_is_refused_and_changes_nothing(
    archive: Archive, file: Path, damage: Callable[[Path], None], message: str
) -> None:
    for number in range(30):
        archive.post(f"{number}.md", f"图书馆{number}" + "很长的文章。" * 500)
    archive.sync()
    backup(archive.directory, file)
    damage(file)
    for directory in (archive.directory, archive.directory.with_name("new")):
        with pytest.raises(InputError, match=message):
            restore(directory, file, replaces=True)
        assert {path.name for path in directory.glob("*")} <= {"current", "gen-000001", "write.lock"}
    assert len(archive.find("图书馆")) == 30


def test_there_is_nothing_to_back_up_or_nowhere_to_put_it(archive: Archive, file: Path) -> None:
    with pytest.raises(IndexMissingError):
        backup(archive.directory, file)
    assert not file.exists()
    archive.post("a.md", "图书馆")
    archive.sync()
    with pytest.raises(InputError, match=r"backup\.tar\.gz: can't be written: No such file"):
        backup(archive.directory, file.parent / "nowhere/backup.tar.gz")
    shutil.rmtree(archive.directory / "gen-000001/engine")  # the engine is not needed
    assert backup(archive.directory, file).articles == 1
    (archive.directory / "gen-000001/catalog.sqlite").write_bytes(b"")
    with pytest.raises(SouwenError, match=r"catalog\.sqlite: can't be read"):
        backup(archive.directory, file)
    assert file.exists()  # the one before


def test_a_backup_does_not_decide_which_folders_are_read(archive: Archive, file: Path) -> None:
    archive.post("a.md", "图书馆")
    other = archive.folder.with_name("others")
    other.mkdir()
    (other / "b.md").write_text("钟楼", encoding="utf-8")
    archive.sync(IngestRequest([archive.folder, other]))
    backup(archive.directory, file)
    restored = elsewhere(archive)
    made = restore(restored.directory, file, replaces=False)
    assert made.unfollowed == {"posts": str(archive.folder), "others": str(other)}
    with pytest.raises(InputError, match=r"no folder to index\. .* There are articles of: others, posts"):
        restored.sync(IngestRequest())
    archive.post("c.md", "图书馆丙")
    (other / "d.md").write_text("钟楼丁", encoding="utf-8")
    assert counts(restored.sync(IngestRequest([archive.folder]))) == (1, 0, 0, 1)
    assert sorted(restored.texts().values()) == ["图书馆", "图书馆丙", "钟楼"]  # what is not followed stays
    assert restored.agrees()
    with pytest.raises(VanishedError, match="a rebuild would leave out 1 articles"):
        restored.sync(IngestRequest(rebuild=True))
    assert counts(restored.sync(IngestRequest(forget=["others"]))) == (0, 0, 1, 2)

    made = restore(restored.directory, file, replaces=True, folders=[other])
    assert made.unfollowed == {"posts": str(archive.folder)}
    assert counts(restored.sync(IngestRequest())) == (1, 0, 0, 1)
    with pytest.raises(
        InputError, match=r"the backup has articles of no such folder\. It has: others, posts"
    ):
        restore(restored.directory, file, replaces=True, folders=[file.parent])


def test_a_killed_backup_leaves_nothing_for_the_next(archive: Archive, file: Path) -> None:
    archive.post("a.md", "文")
    archive.sync()
    left = file.with_name(".backup.tar.gz.unfinished")
    left.mkdir()
    (left / "catalog.sqlite").write_bytes(b"x")
    with unfinished_folder(file), pytest.raises(InputError, match="another process is writing it"):
        backup(archive.directory, file)
    assert backup(archive.directory, file).articles == 1
    assert sorted(path.name for path in file.parent.iterdir()) == ["backup.tar.gz", "index", "posts"]


def test_what_a_killed_restore_unpacked_is_removed_by_the_next_run(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync()
    left = archive.directory / "gen-0.abcd"
    left.mkdir()
    (left / "catalog.sqlite").write_bytes(b"x")
    archive.sync()
    assert {path.name for path in archive.directory.iterdir()} == {"current", "gen-000001", "write.lock"}
