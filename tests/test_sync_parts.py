"""Large files of records are read in parts: an index follows them as it follows others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archive import Archive, counts

from index.errors import InputError
from index.ingest import sync as sync_module
from index.ingest.job import IngestRequest
from index.ingest.sync import sync

pytestmark = pytest.mark.slow

# Read in parts are files of records over 125,000 bytes, where 1 MB is allowed.
SMALL = {"max_file_mb": 1}
COUNT = 410


def dump(archive: Archive, texts: dict[str, str], name: str = "dump.jsonl") -> Path:
    lines = (
        json.dumps({"id": i, "title": f"题{i}", "text": f"{text}。" + "漂浮图书馆" * 10})
        for i, text in texts.items()
    )
    return archive.write(name, "\n".join(lines))


def texts(*others: int) -> dict[str, str]:
    return {f"n{i}": "钟楼里的修钟人" if i in others else f"旧文{i}" for i in range(COUNT)}


def test_new_changed_and_removed_records(any_archive: Archive) -> None:
    dump(any_archive, texts())
    any_archive.post("a.md", "旁边的文")
    assert counts(any_archive.sync(**SMALL)) == (COUNT + 1, 0, 0, 0)
    assert counts(any_archive.sync(**SMALL)) == (0, 0, 0, 2)
    changed = texts(3, 405)
    del changed["n5"]
    dump(any_archive, changed)
    assert counts(any_archive.sync(**SMALL)) == (0, 2, 1, 1)
    assert len(any_archive.find("修钟人")) == 2
    assert any_archive.agrees()
    (any_archive.folder / "dump.jsonl").unlink()
    assert counts(any_archive.sync(**SMALL)) == (0, 0, COUNT - 1, 1)
    assert any_archive.agrees()


def test_parts_and_the_whole_are_the_same(archive: Archive) -> None:
    dump(archive, texts())
    archive.sync(**SMALL)
    path = archive.folder / "dump.jsonl"
    path.touch()
    assert counts(archive.sync(**SMALL)) == (0, 0, 0, 1)
    path.write_bytes(path.read_bytes() + b"\n\n")
    assert counts(archive.sync()) == (0, 0, 0, 0)  # read whole, with the default limit


def test_a_file_over_the_limit_is_read_and_a_record_is_not(archive: Archive) -> None:
    with dump(archive, texts()).open("a", encoding="utf-8") as file:
        file.write(
            "\n" + json.dumps({"title": "大", "text": "x" * 1_100_000}) + '\n{"title": "末", "text": "尾"}'
        )
    report = archive.sync(**SMALL)
    assert (report.added, report.lost) == (COUNT + 1, 1)
    assert archive.find("尾") == ["尾"]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_run_that_breaks_off_is_continued(
    archive: Archive, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "COMMIT_EVERY", 10)
    dump(archive, texts())
    archive.sync(**SMALL)
    changed = texts(*range(0, COUNT, 10))
    for i in range(350, 400):
        del changed[f"n{i}"]
    dump(archive, changed)

    calls = 0

    def fail(*_: int) -> None:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise KeyboardInterrupt

    settings = sync_module.Settings(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        sync(archive.directory, IngestRequest([archive.folder]), settings, fail)
    archive.sync(**SMALL)
    assert archive.agrees()
    assert archive.texts().keys() == changed.keys()
    assert len(archive.find("修钟人")) == sum(text == "钟楼里的修钟人" for text in changed.values())


def test_ids_used_twice_are_told(archive: Archive) -> None:
    path = dump(archive, texts())
    path.write_text(path.read_text(encoding="utf-8") + '\n{"id": "n1", "text": "又一篇"}', encoding="utf-8")
    report = archive.sync(**SMALL)
    assert (report.added, report.lost) == (COUNT, 1)
    archive.lines("a.jsonl", {"n2": "先来的"})
    archive.sync(**SMALL)
    assert archive.find("先来的") == ["先来的"]
    (archive.folder / "a.jsonl").unlink()
    archive.sync(**SMALL)
    assert [text[:3] for text in archive.find("旧文2。")] == ["旧文2"]
    assert archive.agrees()


def test_the_index_remembers_what_fields_are_called(archive: Archive) -> None:
    archive.write("a.jsonl", '{"name": "甲", "strains": ["子", "丑"]}\n')
    archive.sync()
    assert archive.find("子") == ["name：甲\nstrains：子\n丑"]
    archive.sync(IngestRequest(field_map=["text=strains,title=name"]))
    assert archive.find("子") == ["子\n丑"]
    archive.write("b.jsonl", '{"name": "乙", "strains": ["寅"]}\n')
    archive.sync()
    assert archive.find("寅") == ["寅"]
    archive.sync(IngestRequest([archive.folder], rebuild=True))
    assert archive.find("寅") == ["寅"]
    with pytest.raises(InputError, match="--map words=x"):
        archive.sync(IngestRequest(field_map=["words=x"]))
