"""Rebuilding, and what must not be mixed in one index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from archive import Archive, counts

from index.errors import EngineError, IndexDamagedError, IndexMismatchError, SettingsError
from index.ingest import listing
from index.ingest.job import IngestRequest
from index.store.directory import FORMAT, IndexDirectory


def test_a_rebuild_keeps_folders_and_choices_and_swaps_generations(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync(IngestRequest([archive.folder], engine="whoosh", segmenter="jieba"))
    report = archive.sync(IngestRequest(rebuild=True))
    assert (report.generation, report.engine, report.added) == ("gen-000002", "whoosh", 1)
    assert IndexDirectory(archive.directory).current().meta.segmenter == "jieba"
    assert archive.agrees()
    assert archive.sync(IngestRequest(rebuild=True, engine="tantivy")).engine == "tantivy"
    assert archive.find("文") == ["文"]
    archive.sync()
    assert [path.name for path in archive.directory.glob("gen-*")] == ["gen-000003"]


def test_a_rebuild_that_fails_leaves_the_old_index(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.post("a.md", "旧")
    archive.sync()
    archive.post("a.md", "更新的")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(listing, "scan", fail)
        with pytest.raises(KeyboardInterrupt):
            archive.sync(IngestRequest(rebuild=True))
    assert archive.find("旧") == ["旧"]
    assert counts(archive.sync()) == (0, 1, 0, 0)
    assert [path.name for path in archive.directory.glob("gen-*")] == ["gen-000001"]


@pytest.fixture
def words(archive: Archive) -> str:
    path = archive.folder.parent / "words.txt"
    path.write_text("放管服 900\n", encoding="utf-8")
    return str(path)


def mismatch(archive: Archive, request: IngestRequest, settings: dict[str, str], message: str) -> None:
    """Refused, with a command; and the command does it."""
    command = rf"{message}.* run: souwen index --rebuild --index {archive.directory}"
    with pytest.raises(IndexMismatchError, match=command):
        archive.sync(request, **settings)
    assert archive.find("文") == ["文"]
    rebuild = IngestRequest(rebuild=True, engine=request.engine, segmenter=request.segmenter)
    assert archive.sync(rebuild, **settings).added == 1
    assert counts(archive.sync(request, **settings)) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("request_", "settings", "message"),
    [
        (IngestRequest(segmenter="jieba"), {}, "made with segmenter rjieba, and jieba is asked for"),
        (IngestRequest(), {"timezone": "UTC"}, "made with timezone Asia/Shanghai, and UTC is asked for"),
    ],
    ids=["segmenter", "timezone"],
)
def test_what_does_not_mix_is_refused(
    archive: Archive, request_: IngestRequest, settings: dict[str, str], message: str
) -> None:
    archive.post("a.md", "文")
    archive.sync()
    mismatch(archive, request_, settings, message)


def test_another_engine_takes_over_what_was_read(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.post("b.md", "别的")
    archive.sync()
    report = archive.sync(IngestRequest(engine="whoosh"))
    assert (report.engine, counts(report)) == ("whoosh", (0, 0, 0, 2))
    assert archive.find("图书馆")
    assert archive.find("博物馆") == []


def test_dictionaries_do_not_mix(archive: Archive, words: str) -> None:
    archive.post("a.md", "文")
    archive.sync()
    mismatch(
        archive,
        IngestRequest(),
        {"dictionary": words},
        "made with dictionary none, and [0-9a-f]+ is asked for",
    )
    # Without the setting, the index goes on with the dictionary that it has.
    assert counts(archive.sync()) == (0, 0, 0, 1)
    Path(words).write_text("交管\n", encoding="utf-8")
    mismatch(archive, IngestRequest(), {"dictionary": words}, "made with dictionary [0-9a-f]+, and")


def test_a_rebuild_keeps_the_dictionary_unless_it_is_given_another(archive: Archive, words: str) -> None:
    archive.post("a.md", "文")
    archive.sync(dictionary=words)

    def dictionary() -> str:
        return IndexDirectory(archive.directory).current().dictionary

    made_with = dictionary()
    assert made_with
    archive.sync(IngestRequest(rebuild=True))
    assert dictionary() == made_with
    archive.sync(IngestRequest(rebuild=True), dictionary=os.devnull)
    assert dictionary() == ""


def test_going_on_as_it_is_minds_no_settings(archive: Archive, words: str) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.post("b.md", "别的")
    report = archive.sync(IngestRequest(keep=True, engine="whoosh"), dictionary=words, timezone="UTC")
    assert (report.added, report.engine) == (1, "tantivy")


def test_a_bad_dictionary_is_told_before_anything_is_made(archive: Archive, words: str) -> None:
    path = Path(words)
    for data, message in (
        (b"\xff", "is not UTF-8 text"),
        ("好 词 1".encode(), "words.txt, line 1: expected a word"),
        (None, "words.txt: No such file or directory"),
    ):
        path.unlink() if data is None else path.write_bytes(data)
        with pytest.raises(SettingsError, match=message):
            archive.sync(dictionary=words)
    assert not list(archive.directory.glob("gen-*"))


def test_an_unknown_engine_is_told_before_anything_is_made(archive: Archive) -> None:
    with pytest.raises(EngineError, match=r"unknown engine 'lucene'\. Known: tantivy, whoosh"):
        archive.sync(IngestRequest([archive.folder], engine="lucene"))
    assert not archive.directory.exists()


@pytest.mark.parametrize("damage", ["meta.json", "catalog.sqlite", "engine", "current"])
def test_a_rebuild_mends_a_damaged_index(archive: Archive, damage: str) -> None:
    archive.post("a.md", "文")
    report = archive.sync()
    path = archive.directory / ("current" if damage == "current" else f"{report.generation}/{damage}")
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
    else:
        path.write_bytes(b"\xff" * 100)
    with pytest.raises(IndexDamagedError):
        archive.sync()
    archive.sync(IngestRequest([archive.folder], rebuild=True))
    assert archive.find("文") == ["文"]
    assert archive.agrees()


def test_another_format_is_mended_by_a_rebuild(archive: Archive) -> None:
    archive.post("a.md", "文")
    report = archive.sync()
    meta = archive.directory / report.generation / "meta.json"
    meta.write_text(meta.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(IndexMismatchError, match=r"has format 99.*--rebuild"):
        archive.sync()
    assert archive.sync(IngestRequest(rebuild=True)).added == 1
    assert archive.find("文") == ["文"]
