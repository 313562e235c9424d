"""What can't be read: it stops nothing, is told, and what is known of it is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from archive import Archive, counts, path_of, watch_reading

from index.errors import VanishedError
from index.ingest import workers as prepare
from index.ingest.job import IngestRequest
from index.sources.scan import FoundFile


def break_reading(patch: pytest.MonkeyPatch, name: str) -> list[Path]:
    """Files of this name can't be opened. (Modes would not do: root may open everything.) Gives the tries."""
    real = prepare.read_bytes
    tries: list[Path] = []

    def read_bytes(file: FoundFile, limit: int) -> bytes:
        if Path(file.location).name == name:
            tries.append(Path(file.location))
            raise PermissionError(13, "Permission denied")
        return real(file, limit)

    patch.setattr(prepare, "read_bytes", read_bytes)
    return tries


def break_listing(patch: pytest.MonkeyPatch, name: str) -> None:
    """Folders of this name can't be listed."""
    real = os.scandir

    def scandir(location: int | str | Path) -> object:
        if Path(path_of(location)).name == name:
            raise PermissionError(13, "Permission denied")
        return real(location)

    patch.setattr(os, "scandir", scandir)


def test_what_was_not_read_well_is_counted(archive: Archive) -> None:
    archive.post("a.md", "好")
    archive.write("b.md", "---\ntitle: 'a\n---\n文")
    archive.write("c.jsonl", '{"text": "文"}\n{"text": \n[]\n')
    archive.write("图.png", "")
    archive.write("d.PNG", "")
    report = archive.sync()
    assert (report.added, report.lost, report.partial, report.ignored) == (3, 2, 1, {".png": 2})
    archive.post("b.md", "文")
    (archive.folder / "c.jsonl").unlink()
    report = archive.sync()
    assert (report.lost, report.partial) == (0, 0)


def test_a_folder_that_cannot_be_listed_keeps_its_articles(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "外")
    archive.post("深/b.md", "内")
    archive.sync()
    with monkeypatch.context() as patch:
        break_listing(patch, "深")
        report = archive.sync()
    assert counts(report) == (0, 0, 0, 1)
    assert report.articles == 2
    assert archive.reasons() == {"posts/深": "folder can't be read: Permission denied"}
    assert counts(archive.sync()) == (0, 0, 0, 2)
    assert not archive.problems()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_rebuild_leaves_nothing_out_that_cannot_be_read(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    any_archive.post("a.md", "外")
    any_archive.post("深/b.md", "内")
    any_archive.sync()
    with monkeypatch.context() as patch:
        if kind == "file":
            break_reading(patch, "b.md")
        else:
            break_listing(patch, "深")
        with pytest.raises(VanishedError, match=r"leave out 1 articles .* such as posts/深/b.md"):
            any_archive.sync(IngestRequest(rebuild=True))
        assert sorted(any_archive.texts().values()) == ["内", "外"]
        assert any_archive.sync(IngestRequest(rebuild=True, allow_empty=True)).articles == 1
    assert any_archive.sync(IngestRequest(rebuild=True)).articles == 2


def test_a_file_that_cannot_be_opened_is_kept_and_tried_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "旧")
    archive.sync()
    archive.post("a.md", "更新的")
    archive.post("b.md", "新")
    with monkeypatch.context() as patch:
        break_reading(patch, "a.md")
        assert counts(archive.sync()) == (1, 0, 0, 0)
    assert archive.reasons() == {
        "posts/a.md": "can't be read: Permission denied; what it held before is kept"
    }
    assert sorted(archive.texts().values()) == ["新", "旧"]
    assert counts(archive.sync()) == (0, 1, 0, 1)
    assert not archive.problems()
    assert archive.agrees()


def test_a_new_file_that_cannot_be_opened_is_lost_until_it_can(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "文")
    with monkeypatch.context() as patch:
        tries = break_reading(patch, "a.md")
        for run in (1, 2):
            report = archive.sync()
            assert (report.articles, report.lost, len(tries)) == (0, 1, run)
    assert counts(archive.sync()) == (1, 0, 0, 0)
    assert not archive.problems()


def test_a_file_is_as_large_as_the_settings_allow(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write("a.txt", "长" + " " * 1_199_997)  # a longer text would be several articles
    archive.write("b.txt", "短")
    with watch_reading(monkeypatch) as opened:
        report = archive.sync(max_file_mb=1)
    assert (opened, report.articles, report.lost) == (["b.txt"], 1, 1)
    assert archive.reasons() == {
        "posts/a.txt": "is too large: 1,200,000 bytes, and 1,000,000 are allowed (max_file_mb)"
    }
    assert counts(archive.sync(max_file_mb=1)) == (0, 0, 0, 2)
    # Raising the limit is enough: the file itself is what it was.
    assert counts(archive.sync(max_file_mb=2)) == (1, 0, 0, 1)
    assert not archive.problems()


def test_a_file_that_cannot_be_parsed_stops_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "甲")
    archive.post("b.md", "乙")
    real = prepare.parse_file

    def parse_file(path: str, *rest: object) -> object:
        if path.endswith("a.md"):
            raise ZeroDivisionError("a mistake in souwen")
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(prepare, "parse_file", parse_file)
    report = archive.sync()
    assert (report.articles, report.lost) == (1, 1)
    assert archive.reasons() == {"posts/a.md": "can't be parsed: ZeroDivisionError: a mistake in souwen"}
