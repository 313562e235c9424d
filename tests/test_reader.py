"""Reading an index while it changes: what is new is seen, and what was begun is finished."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from archive import Archive, find

from index.engines.tantivy.engine import TantivyEngine
from index.errors import EngineError, IndexDamagedError, IndexMissingError
from index.ingest.sync import IngestRequest
from index.store.catalog import Catalog
from index.store.directory import Generation, IndexDirectory
from index.store.reader import IndexReader


def eager(directory: Path) -> IndexReader:
    """Looks at the directory each time, not twice a second."""
    return IndexReader(directory, stale_after=0)


def busy(directory: Path) -> IndexReader:
    """Looks at the directory beside each who reads, as where readers come all the time."""
    return IndexReader(directory, look_every=0, stale_after=1000)


def rebuild(archive: Archive) -> None:
    archive.sync(IngestRequest(rebuild=True))


def test_changes_are_seen(any_archive: Archive) -> None:
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader:
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["漂浮图书馆"]
        any_archive.post("b.md", "县图书馆")
        any_archive.sync()
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["县图书馆", "漂浮图书馆"]
        (any_archive.folder / "a.md").unlink()
        any_archive.sync()
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["县图书馆"]


def test_changes_are_seen_by_who_may_not_write(any_archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite then reads the catalog as it is at one moment, without the log of a writer."""
    any_archive.post("a.md", "图书馆甲")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(Catalog, "MODES", Catalog.MODES[1:])
            with reader.acquire() as index:
                assert find(index, "图书馆") == ["图书馆甲"]
        any_archive.post("a.md", "图书馆乙")
        any_archive.post("b.md", "图书馆丙")
        any_archive.sync()
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["图书馆丙", "图书馆乙"]


def test_changes_are_seen_within_a_second(archive: Archive) -> None:
    now = 0.0
    archive.sync()
    with closing(IndexReader(archive.directory, clock=lambda: now)) as reader:
        with reader.acquire() as index:
            assert index.articles.count() == 0
        archive.post("a.md", "图书馆")
        archive.sync()
        now += 1
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["图书馆"]


def test_another_directory_with_the_name_of_a_generation(any_archive: Archive) -> None:
    """Somebody puts a copy of the index in its place."""
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    copy = any_archive.directory.with_name("copy")
    shutil.copytree(any_archive.directory, copy)
    any_archive.post("b.md", "县图书馆")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader:
        with reader.acquire() as index:
            assert len(find(index, "图书馆")) == index.articles.count() == 2
        any_archive.directory.rename(copy.with_name("before"))
        copy.rename(any_archive.directory)
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["漂浮图书馆"]
            assert index.articles.count() == 1


def test_a_generation_that_is_removed_while_it_is_looked_at(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader:
        with reader.acquire() as index:
            engine = type(index.engine)

        def fail(_: object) -> bool:
            monkeypatch.undo()
            rebuild(any_archive)
            raise EngineError("gone")

        monkeypatch.setattr(engine, "refresh", fail)
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["漂浮图书馆"]
            assert index.generation == IndexDirectory(any_archive.directory).current()


def found_in_time(reader: IndexReader, wanted: list[str]) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with reader.acquire() as index:
            if find(index, "图书馆") == wanted:
                return True
        time.sleep(0.01)
    return False


def test_nobody_waits_for_a_look(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = threading.Event()
    refresh = TantivyEngine.refresh
    archive.post("a.md", "漂浮图书馆")
    archive.sync()
    with closing(busy(archive.directory)) as reader:
        assert found_in_time(reader, ["漂浮图书馆"])
        monkeypatch.setattr(TantivyEngine, "refresh", lambda engine: may_go_on.wait(60) and refresh(engine))
        archive.post("b.md", "县图书馆")
        archive.sync()
        for _ in range(3):
            with reader.acquire() as index:
                assert find(index, "图书馆") == ["漂浮图书馆"]
                version = index.version
        may_go_on.set()
        assert found_in_time(reader, ["县图书馆", "漂浮图书馆"])
        with reader.acquire() as index:
            assert index.version == version + 1


def test_another_generation_is_opened_beside_readers(any_archive: Archive) -> None:
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    with closing(busy(any_archive.directory)) as reader, reader.acquire() as before:
        any_archive.post("b.md", "县图书馆")
        rebuild(any_archive)
        assert found_in_time(reader, ["县图书馆", "漂浮图书馆"])
        assert find(before, "图书馆") == ["漂浮图书馆"]  # who has begun ends on it
        with reader.acquire() as after:
            assert after is not before


def test_what_a_look_finds_wrong_the_next_reader_is_told(archive: Archive) -> None:
    archive.sync()
    with closing(busy(archive.directory)) as reader:
        with reader.acquire():
            pass
        (archive.directory / "current").write_text("gen-999999\n")
        until = time.monotonic() + 60
        with pytest.raises(IndexDamagedError):
            while time.monotonic() < until:
                with reader.acquire():
                    time.sleep(0.01)


def test_a_generation_that_is_removed_while_it_is_opened(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that was slow to open it takes the one that is live now."""
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    current = IndexDirectory.current

    def current_slowly(directory: IndexDirectory, **options: bool) -> Generation:
        generation = current(directory, **options)
        monkeypatch.undo()
        any_archive.post("a.md", "县图书馆")
        rebuild(any_archive)
        any_archive.sync()
        assert not generation.path.exists()
        return generation

    monkeypatch.setattr(IndexDirectory, "current", current_slowly)
    with closing(eager(any_archive.directory)) as reader, reader.acquire() as index:
        assert find(index, "图书馆") == ["县图书馆"]


def test_a_reader_finishes_on_the_generation_it_began_with(any_archive: Archive) -> None:
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader:
        with reader.acquire() as before:
            any_archive.post("a.md", "县图书馆")
            rebuild(any_archive)
            with reader.acquire() as after:
                assert after.generation != before.generation
                assert find(after, "图书馆") == ["县图书馆"]
            assert find(before, "图书馆") == ["漂浮图书馆"]
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            before.articles.count()  # nobody reads it any more
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["县图书馆"]


def test_a_reader_finishes_even_when_the_old_generation_is_removed(any_archive: Archive) -> None:
    """The run after a rebuild removes what the rebuild left."""
    any_archive.post("a.md", "漂浮图书馆")
    any_archive.sync()
    with closing(eager(any_archive.directory)) as reader, reader.acquire() as before:
        any_archive.post("a.md", "县图书馆")
        rebuild(any_archive)
        any_archive.sync()
        assert not before.generation.path.exists()
        assert find(before, "图书馆") == ["漂浮图书馆"]
        assert before.articles.count() == 1


def test_threads_read_while_generations_are_swapped(any_archive: Archive) -> None:
    """Each search finds the one article, in the state before a rebuild or after it."""
    any_archive.post("a.md", "图书馆0")
    any_archive.sync()
    found: list[list[str]] = []
    failures: list[BaseException] = []
    with closing(eager(any_archive.directory)) as reader, searching(reader, found, failures):
        for number in (1, 2):
            any_archive.post("a.md", f"图书馆{number}")
            rebuild(any_archive)
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["图书馆2"]
    assert not failures
    assert {len(texts) for texts in found} == {1}
    assert {text for (text,) in found} <= {"图书馆0", "图书馆1", "图书馆2"}


@contextmanager
def searching(reader: IndexReader, found: list[list[str]], failures: list[BaseException]) -> Iterator[None]:
    """Two threads that search all the time."""
    is_over = threading.Event()

    def search() -> None:
        try:
            while not is_over.is_set():
                with reader.acquire() as index:
                    found.append(find(index, "图书馆"))
        except BaseException as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def test_an_index_that_comes_goes_and_comes_back(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    with closing(eager(archive.directory)) as reader:
        with pytest.raises(IndexMissingError), reader.acquire():
            pass
        archive.sync()
        with reader.acquire() as index:
            assert index.articles.count() == 1
        shutil.rmtree(archive.directory)
        with pytest.raises(IndexMissingError), reader.acquire():
            pass
        archive.sync()
        with reader.acquire() as index:
            assert find(index, "图书馆") == ["图书馆"]


def test_a_damaged_engine_is_told(any_archive: Archive) -> None:
    any_archive.post("a.md", "图书馆")
    report = any_archive.sync()
    shutil.rmtree(any_archive.directory / report.generation / "engine")
    reader = IndexReader(any_archive.directory)
    with pytest.raises(IndexDamagedError, match="engine"), reader.acquire():
        pass


def test_an_index_knows_how_it_was_made(archive: Archive) -> None:
    (archive.folder.parent / "words.txt").write_text("放管服 900\n", encoding="utf-8")
    archive.sync(
        IngestRequest([archive.folder], engine="whoosh", segmenter="jieba"),
        timezone="UTC",
        dictionary=str(archive.folder.parent / "words.txt"),
    )
    (archive.folder.parent / "words.txt").unlink()
    with closing(archive.open()) as index:
        assert (index.meta.engine, index.meta.segmenter, index.zone.key) == ("whoosh", "jieba", "UTC")
        assert index.analyzer.words("放管服") == ["放管服"]
