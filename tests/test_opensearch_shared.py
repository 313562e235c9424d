"""One index on an OpenSearch cluster: several machines write to it, each its own folders, and any reads."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import cluster as opensearch
import pytest
from archive import Archive, find, shared
from whoosh import query

from index.engines.base import Sort
from index.engines.opensearch.engine import OpenSearchEngine
from index.engines.opensearch.generations import Generations
from index.errors import IndexMismatchError, InputError, VanishedError
from index.ingest import sync as sync_module
from index.ingest.sync import IngestRequest
from index.store.directory import IndexDirectory
from index.store.reader import IndexReader
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

Machine = Callable[[str], Archive]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers are given no time to leave an index that is removed."""
    monkeypatch.setattr(Generations, "grace", 0.0)


@pytest.fixture
def two(machine: Machine) -> tuple[Archive, Archive]:
    """Two machines with two articles each, which both of them find."""
    north, south = machine("north"), machine("south")
    for archive in (north, south):
        name = archive.folder.name
        archive.lines("a.jsonl", {f"{name}-{number}": f"{name}的图书馆{number}" for number in "12"})
        archive.sync()
    return north, south


EVERY = sorted(f"{name}的图书馆{number}" for name in ("north", "south") for number in "12")


def rebuild(archive: Archive) -> None:
    archive.sync(IngestRequest(rebuild=True))


def indices(archive: Archive) -> list[str]:
    """The names of the indices on the cluster that are the archive's generations."""
    name = archive.url.rpartition("/")[2]
    listed = opensearch.ask("GET", f"/_cat/indices/{name}*?format=json&h=index")
    return sorted(entry["index"] for entry in listed)


@dataclass
class Watch:
    """What was found by whoever searched all the time, and what went wrong."""

    found: list[list[str]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


@contextmanager
def searching(url: str) -> Iterator[Watch]:
    """Somebody without a file of the index searches all the time."""
    watch, is_over = Watch(), threading.Event()

    def search() -> None:
        with closing(IndexReader(url, stale_after=0)) as reader:
            try:
                while not is_over.is_set():
                    with reader.acquire() as index:
                        watch.found.append(find(index, "图书馆"))
            except BaseException as error:  # noqa: BLE001  # a thread's failure is the test's
                watch.errors.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        thread.join()


def test_what_each_machine_wrote_is_found_by_all(two: tuple[Archive, Archive]) -> None:
    for archive in two:
        assert archive.find("图书馆") == EVERY
        assert archive.agrees()
    assert len({IndexDirectory(archive.directory).writer_id() for archive in two}) == 2
    with closing(Searcher(two[0].url, SearchSettings())) as anywhere:
        found = anywhere.search(SearchRequest("图书馆"))
        assert sorted(hit.article.text for hit in found.hits) == EVERY
        assert anywhere.article("south-1").text == "south的图书馆1"


def test_a_machine_removes_what_is_its_own_alone(two: tuple[Archive, Archive]) -> None:
    north, south = two
    (north.folder / "a.jsonl").unlink()
    assert north.sync().removed == 2
    for archive in two:
        assert archive.find("图书馆") == EVERY[2:]
        assert archive.agrees()
    with closing(shared(north)) as engine, engine.writer() as writer:
        writer.delete("south-1")
        writer.commit()
    assert south.find("图书馆") == EVERY[2:]


def test_an_id_that_two_machines_use_is_the_first_ones_until_it_is_given_up(
    two: tuple[Archive, Archive],
) -> None:
    north, south = two
    south.lines("b.jsonl", {"north-1": "south也有的图书馆", "south-3": "south的图书馆3"})
    report = south.sync()
    assert (report.added, report.lost, report.articles) == (1, 1, 3)
    ((path, reason),) = south.reasons().items()
    assert path == "south/b.jsonl"
    assert "'north-1'" in reason
    assert IndexDirectory(north.directory).writer_id() in reason
    assert south.sync().lost == 1
    assert "north的图书馆1" in north.find("图书馆")
    assert south.find("也有的") == []

    north.lines("a.jsonl", {"north-2": "north的图书馆2"})
    north.sync()
    assert south.sync().lost == 0
    assert north.find("也有的") == ["south也有的图书馆"]
    assert south.problems() == []
    assert north.agrees()
    assert south.agrees()


def test_a_rebuild_by_one_machine_takes_nothing_from_the_other_at_any_time(
    two: tuple[Archive, Archive],
) -> None:
    north, _ = two
    before = indices(north)
    with searching(north.url) as watch:
        rebuild(north)
    assert watch.errors == []
    assert {tuple(found) for found in watch.found} == {tuple(EVERY)}
    assert len(indices(north)) == 1
    assert indices(north) != before
    for archive in two:
        assert archive.find("图书馆") == EVERY
        assert archive.sync().changed == 0
        assert archive.agrees()


@pytest.mark.usefixtures("fast")
def test_what_another_wrote_while_the_index_was_made_anew_is_there_after_its_next_run(
    two: tuple[Archive, Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = two
    publish = Generations.publish

    def publish_late(generations: Generations, index: str) -> None:
        monkeypatch.undo()
        south.lines("a.jsonl", {"south-1": "south的图书馆新1", "south-3": "south的图书馆3"})
        south.sync()
        publish(generations, index)

    monkeypatch.setattr(Generations, "publish", publish_late)
    rebuild(north)
    south.sync()
    expected = sorted([*EVERY[:2], "south的图书馆新1", "south的图书馆3"])
    for archive in two:
        assert archive.find("图书馆") == expected
        assert archive.agrees()


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("moment", ["while it is filled", "before it is live", "after it is live"])
def test_a_rebuild_that_broke_off_leaves_what_is_live_and_no_index_too_many(
    two: tuple[Archive, Archive], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    north, _ = two

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if moment == "while it is filled":
            patch.setattr(sync_module, "commit", fail)
        elif moment == "before it is live":
            patch.setattr(Generations, "publish", fail)
        else:
            patch.setattr(sync_module, "record_checksums", fail)
        rebuild(north)
    assert len(indices(north)) == (1 if moment == "after it is live" else 2)
    for archive in two:
        assert archive.find("图书馆") == EVERY
        archive.sync()
        assert archive.agrees()
    assert len(indices(north)) == 1
    assert len(list(north.directory.glob("gen-*"))) == 1


@pytest.mark.usefixtures("fast")
def test_a_machine_whose_index_was_made_anew_by_another_agrees_though_it_has_nothing_to_write(
    two: tuple[Archive, Archive],
) -> None:
    north, south = two
    rebuild(north)
    report = south.sync()
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 1)
    assert south.agrees()


def test_a_machine_with_another_dictionary_or_time_zone_can_not_join(
    two: tuple[Archive, Archive], machine: Machine, tmp_path: Path
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("放管服 900\n", encoding="utf-8")
    west = machine("west")
    for name, value in (("dictionary", str(words)), ("timezone", "UTC")):
        with pytest.raises(IndexMismatchError, match=name):
            west.sync(IngestRequest([west.folder], engine="opensearch", url=west.url), **{name: value})
    assert two[0].find("图书馆") == EVERY
    west.lines("a.jsonl", {"west": "west的图书馆"})
    assert west.sync(IngestRequest([west.folder], engine="opensearch", url=west.url)).articles == 1
    assert two[0].find("图书馆") == sorted([*EVERY, "west的图书馆"])


@pytest.mark.usefixtures("fast")
def test_a_machine_does_not_write_to_an_index_that_another_made_in_another_way(
    two: tuple[Archive, Archive], tmp_path: Path
) -> None:
    north, south = two
    words = tmp_path / "words.txt"
    words.write_text("放管服 900\n", encoding="utf-8")
    north.sync(IngestRequest(rebuild=True), dictionary=str(words))
    south.lines("b.jsonl", {"south-3": "south的图书馆3"})
    with pytest.raises(IndexMismatchError, match="dictionary"):
        south.sync()
    assert south.find("图书馆") == EVERY


@pytest.mark.usefixtures("fast")
def test_a_reader_sees_a_commit_and_an_index_that_was_made_anew(two: tuple[Archive, Archive]) -> None:
    north, south = two
    with closing(IndexReader(north.url, stale_after=0)) as reader:
        with reader.acquire() as index:
            assert find(index, "图书馆") == EVERY
            first = index.name
        (south.folder / "a.jsonl").unlink()
        south.sync()
        with reader.acquire() as index:
            assert find(index, "图书馆") == EVERY[:2]
            assert index.name == first
        rebuild(north)
        with reader.acquire() as index:
            assert find(index, "图书馆") == EVERY[:2]
            assert index.name != first


def test_a_machine_that_leaves_takes_its_own_articles_with_it(two: tuple[Archive, Archive]) -> None:
    north, south = two
    report = north.sync(IngestRequest(engine="tantivy"))
    assert report.articles == 2
    assert north.find("图书馆") == EVERY[:2]
    assert south.find("图书馆") == EVERY[2:]
    with closing(OpenSearchEngine.at(south.url)) as engine:
        hits = engine.search(query.Every(), sort=Sort.NEWEST, offset=0, limit=10)
        assert sorted(hit.id for hit in hits.hits) == ["south-1", "south-2"]
    assert north.agrees()
    assert south.agrees()


def test_what_was_loaded_is_merged_before_it_is_copied(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "COMMIT_EVERY", 1)
    archive = machine("posts")
    for number in range(12):
        archive.lines(f"{number}.jsonl", {f"{number}-{i}": f"第{number}座图书馆" for i in range(12)})
    archive.sync()
    ((name,),) = (indices(archive),)
    opensearch.wait_green(name)
    segments = opensearch.ask("GET", f"/_cat/segments/{name}?format=json&h=shard,prirep")
    copies = {(entry["shard"], entry["prirep"]) for entry in segments}
    assert len(segments) == len(copies) == 6  # of three shards


def lose_directory(archive: Archive) -> str:
    """Loses the index directory of a machine; gives its writer id."""
    writer_id = IndexDirectory(archive.directory).writer_id()
    shutil.rmtree(archive.directory)
    return writer_id


def test_a_lost_index_directory_is_taken_over(two: tuple[Archive, Archive]) -> None:
    north, south = two
    writer_id = lose_directory(north)
    north.lines("a.jsonl", {"north-1": "north的图书馆1", "north-3": "north的图书馆3"})
    again = IngestRequest([north.folder], engine="opensearch", url=north.url)
    assert north.sync(again).lost == 1  # the id belongs to the directory that was lost
    shutil.rmtree(north.directory)
    with closing(Searcher(north.url, SearchSettings())) as anywhere:
        before = anywhere.search(SearchRequest("图书馆"))
    assert before.total == 5  # what is gone is still there, and so is what the other writer added
    lost = replace(again, writer_id=writer_id)
    with pytest.raises(InputError, match="--writer-id"):
        south.sync(lost)
    # north-3 belongs to the second directory that was lost.
    report = north.sync(lost)
    assert (report.articles, report.removed, report.lost) == (1, 1, 1)
    assert north.agrees()
    assert south.sync().articles == 2
    north.sync(IngestRequest(engine="tantivy"))
    with closing(shared(south)) as engine:
        ids = {article.id for article in engine.articles(None).all_articles()}
    assert ids == {"south-1", "south-2", "north-3"}


def test_a_wrong_folder_takes_nothing_from_an_index(machine: Machine) -> None:
    archive = machine("posts")
    archive.lines("a.jsonl", {f"{number}": f"第{number}座图书馆" for number in range(150)})
    archive.sync()
    writer_id = lose_directory(archive)
    archive.lines("a.jsonl", {f"{number}": f"第{number}座图书馆" for number in range(20)})
    lost = IngestRequest([archive.folder], engine="opensearch", url=archive.url, writer_id=writer_id)
    with pytest.raises(VanishedError, match="130 articles"):
        archive.sync(lost)
    with pytest.raises(VanishedError, match="130 articles"):
        archive.sync(IngestRequest())
    with closing(shared(archive)) as engine:
        assert engine.articles(None).count() == 150
    assert archive.sync(IngestRequest(allow_empty=True)).removed == 130
    assert archive.agrees()
    assert archive.sync(IngestRequest()).removed == 0
