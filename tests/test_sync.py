"""The main flow: an index follows its files, whatever happens to them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from archive import Archive, counts, watch_reading

from index.article import post_id
from index.errors import IndexBusyError
from index.ingest import sync as sync_module
from index.ingest.job import IngestRequest
from index.ingest.processes import FILE_BYTES, WORTH_PROCESSES, process_files
from index.ingest.sync import sync
from index.ingest.workers import FileTask, WorkerConfig
from index.settings import Settings
from index.sources.fields import ReadingRules
from index.sources.scan import scan
from index.store.directory import IndexDirectory


def test_new_changed_and_removed_files(any_archive: Archive) -> None:
    for name in "abc":
        any_archive.post(f"{name}.md", f"漂浮图书馆{name}")
    assert counts(any_archive.sync()) == (3, 0, 0, 0)
    assert counts(any_archive.sync()) == (0, 0, 0, 3)
    any_archive.post("a.md", "钟楼里的修钟人")
    (any_archive.folder / "b.md").unlink()
    any_archive.post("深/d.md", "漂浮图书馆d")
    report = any_archive.sync()
    assert counts(report) == (1, 1, 1, 1)
    assert (report.articles, report.engine, report.generation) == (3, any_archive.engine, "gen-000001")
    assert any_archive.find("漂浮图书馆") == ["漂浮图书馆c", "漂浮图书馆d"]
    assert any_archive.find("修钟人") == ["钟楼里的修钟人"]
    assert any_archive.agrees()


def test_unchanged_files_are_not_opened(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcd":
        archive.post(f"{name}.md", f"文{name}")
    time.sleep(0.05)  # what changed in the tick in which it is read is compared once more
    archive.sync()
    archive.post("b.md", "更长的文b")
    os.utime(archive.folder / "c.md", ns=(0, 10**18))
    (archive.folder / "d.md").unlink()
    archive.post("e.md", "文e")
    time.sleep(0.05)
    with watch_reading(monkeypatch) as opened:
        report = archive.sync()
    assert sorted(opened) == ["b.md", "c.md", "e.md"]
    assert counts(report) == (1, 1, 1, 2)  # c was only touched
    with watch_reading(monkeypatch) as opened:
        archive.sync()
    assert opened == []


def test_a_change_of_the_same_length_or_time_is_seen(archive: Archive) -> None:
    for name in "ab":
        os.utime(archive.post(f"{name}.md", "旧文"), ns=(10**18, 10**18))
    archive.sync()
    archive.post("a.md", "新文")  # of the same length
    os.utime(archive.post("b.md", "更新的文"), ns=(10**18, 10**18))
    assert archive.sync().changed == 2


def test_a_renamed_file_is_another_article(archive: Archive) -> None:
    archive.post("a.md", "文").rename(archive.folder / "a.md")
    archive.sync()
    (archive.folder / "a.md").rename(archive.folder / "b.md")
    assert counts(archive.sync()) == (1, 0, 1, 0)
    assert archive.texts() == {post_id("posts/b.md"): "文"}
    assert archive.agrees()


def test_articles_inside_a_file_are_followed(any_archive: Archive) -> None:
    any_archive.lines("a.jsonl", {"1": "图书馆甲", "2": "图书馆乙", "3": "图书馆丙"})
    assert counts(any_archive.sync()) == (3, 0, 0, 0)
    any_archive.lines("a.jsonl", {"0": "图书馆丁", "1": "图书馆甲", "3": "图书馆戊"})
    assert counts(any_archive.sync()) == (1, 1, 1, 0)
    assert any_archive.texts() == {"0": "图书馆丁", "1": "图书馆甲", "3": "图书馆戊"}
    assert any_archive.find("图书馆") == sorted(["图书馆丁", "图书馆甲", "图书馆戊"])
    (any_archive.folder / "a.jsonl").unlink()
    assert counts(any_archive.sync()) == (0, 0, 3, 0)
    assert any_archive.find("图书馆") == []
    assert any_archive.agrees()


def test_a_file_that_is_being_written_waits(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.post("a.md", "旧")
    archive.sync()
    archive.post("a.md", "新的")
    archive.post("b.md", "别的")
    os.utime(archive.post("c.md", "早就有的"), ns=(0, 10**18))
    waits: list[float] = []

    def write_on(seconds: float) -> None:
        waits.append(seconds)
        archive.post("a.md", "新的更多")

    request = IngestRequest(debounce=3.0)
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", write_on)
        report = archive.sync(request)
        assert (counts(report), report.being_written, len(waits)) == ((2, 0, 0, 0), 1, 1)
        assert sorted(archive.texts().values()) == ["别的", "旧", "早就有的"]
        # Still changing: it waits on, and what it held stays.
        archive.post("a.md", "新的")
        assert archive.sync(request).being_written == 1
        patch.setattr(time, "sleep", waits.append)
        report = archive.sync(request)
        assert (counts(report), report.being_written, len(waits)) == ((0, 1, 0, 2), 0, 3)
        assert counts(archive.sync(request)) == (0, 0, 0, 3)
        assert len(waits) == 3  # where nothing has changed, there is nothing to wait for
    assert archive.agrees()


# How it is done


def test_one_writer_at_a_time(archive: Archive) -> None:
    archive.post("a.md", "文")
    busy = pytest.raises(IndexBusyError, match=f"process {os.getpid()}")
    with IndexDirectory(archive.directory).write_lock(), busy:
        archive.sync()
    assert archive.sync().added == 1


# Files that are worth processes.
MANY = WORTH_PROCESSES // FILE_BYTES


@pytest.fixture
def many(archive: Archive) -> Archive:
    """As many files as are worth processes, one of which is not well-formed."""
    for number in range(MANY):
        archive.post(f"{number}.md", f"第{number}篇文章", title=f"题{number}")
    archive.write("bad.md", "---\ntitle: 'x\n---\n")
    return archive


@pytest.mark.slow
def test_processes_give_what_one_process_gives(many: Archive) -> None:
    report = many.sync(IngestRequest([many.folder], jobs=2))
    assert (report.added, report.partial) == (MANY + 1, 1)
    several = many.texts(), many.problems(), many.find("第7篇文章")
    many.sync(IngestRequest(rebuild=True))
    assert several == (many.texts(), many.problems(), many.find("第7篇文章"))
    assert many.agrees()


@pytest.mark.slow
def test_processes_that_may_hold_little_give_it_in_order(many: Archive) -> None:
    files = scan({"posts": many.folder}, many.directory).files.values()
    config = WorkerConfig("rjieba", "", "Asia/Shanghai", 1_000_000, ReadingRules())
    tasks = [FileTask(file) for file in files]
    alone = list(process_files(tasks, config, 1))
    assert [result.state for result in alone] == [file.state for file in files]
    assert list(process_files(tasks, config, 2, ahead_bytes=1)) == alone


def test_what_is_done_is_told_and_committed_bit_by_bit(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "COMMIT_EVERY", 2)
    for number in range(5):
        any_archive.lines(f"{number}.jsonl", {f"{number}{i}": f"图书馆{number}{i}" for i in range(3)})
    told: list[tuple[int, int]] = []
    request = IngestRequest([any_archive.folder], engine=any_archive.engine)
    sync(any_archive.directory, request, Settings(), lambda done, total: told.append((done, total)))
    assert told == [(done, 5) for done in range(1, 6)]
    assert len(any_archive.find("图书馆")) == 15
    assert any_archive.agrees()


def test_a_run_is_recorded_where_something_changed(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.sync()
    index = archive.open()
    run = index.catalog.last_run()
    index.close()
    assert run is not None
    assert (run["added"], run["changed"], run["removed"]) == (1, 0, 0)
    assert run["started"] > 10**9


def test_the_examples_are_indexed(example_index: Path) -> None:
    index = Archive(Path(), example_index)
    assert index.agrees()
    assert len(index.texts()) == 71
    assert all("not valid YAML" in reason for reason in index.reasons().values())
    assert len(index.problems()) == 3
