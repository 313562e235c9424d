"""The folders that an index follows; and one that is empty, gone or replaced takes nothing out unasked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from archive import Archive, counts, path_of

from index.errors import InputError, VanishedError
from index.ingest import safeguards as guard
from index.ingest.job import IngestRequest
from index.ingest.listing import followed_folders


def test_an_index_remembers_its_folders(archive: Archive) -> None:
    archive.post("a.md", "文")
    other = archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("文", encoding="utf-8")
    archive.sync()
    assert archive.sync(IngestRequest([other])).articles == 2
    assert followed_folders(archive.directory) == [other, archive.folder]
    (other / "c.md").write_text("文", encoding="utf-8")
    archive.post("d.md", "文")
    assert archive.sync(IngestRequest()).added == 2


def test_without_a_folder_there_is_nothing_to_index(archive: Archive) -> None:
    with pytest.raises(InputError, match=r"no folder to index\. Name one: souwen index FOLDER"):
        archive.sync(IngestRequest())


def test_a_root_may_be_one_file(archive: Archive) -> None:
    path = archive.lines("a.jsonl", {"1": "甲", "2": "乙"})
    assert archive.sync(IngestRequest([path])).added == 2
    archive.lines("a.jsonl", {"1": "甲"})
    assert archive.sync(IngestRequest()).removed == 1


def test_a_folder_that_is_gone_is_an_error_and_not_a_removal(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.folder.rename(archive.folder.with_name("elsewhere"))
    with pytest.raises(InputError, match=r"is gone.*souwen index --forget posts"):
        archive.sync(IngestRequest())
    assert list(archive.texts().values()) == ["文"]
    # Moved to another disk, it has the same name, and so the same articles.
    (archive.folder.parent / "disk").mkdir()
    archive.folder.with_name("elsewhere").rename(archive.folder.parent / "disk/posts")
    assert counts(archive.sync(IngestRequest([archive.folder.parent / "disk/posts"]))) == (0, 0, 0, 1)


def test_a_folder_is_forgotten(archive: Archive) -> None:
    archive.post("a.md", "文")
    other = archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("别的", encoding="utf-8")
    archive.sync(IngestRequest([archive.folder, other]))
    with pytest.raises(InputError, match=r"--forget nobody: no folder .*\. Followed: others, posts\."):
        archive.sync(IngestRequest(forget=["nobody"]))
    assert archive.sync(IngestRequest(forget=["posts"])).removed == 1
    assert archive.find("文") == []
    assert followed_folders(archive.directory) == [other]
    report = archive.sync(IngestRequest([archive.folder], forget=["others"]))
    assert (report.added, report.removed) == (1, 1)
    assert archive.sync(IngestRequest(forget=["posts"])).articles == 0
    assert archive.agrees()


def test_folders_that_collide_change_nothing(archive: Archive) -> None:
    archive.post("深/a.md", "文")
    archive.sync()
    (archive.folder.parent / "other/posts").mkdir(parents=True)
    for path in (archive.folder.parent / "other/posts", archive.folder / "深", archive.folder.parent):
        with pytest.raises(InputError):
            archive.sync(IngestRequest([path]))
    assert followed_folders(archive.directory) == [archive.folder]


# What is not taken out unasked


@pytest.mark.parametrize("is_rebuild", [False, True])
def test_an_empty_folder_is_no_reason_to_empty_the_index(any_archive: Archive, is_rebuild: bool) -> None:
    other = any_archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("图书馆乙", encoding="utf-8")
    path = any_archive.post("a.md", "图书馆甲")
    any_archive.sync(IngestRequest([any_archive.folder, other], engine=any_archive.engine))
    path.unlink()
    any_archive.write("note.pdf", "")
    with pytest.raises(VanishedError) as refused:
        any_archive.sync(IngestRequest(rebuild=is_rebuild))
    assert str(refused.value) == (
        f"{any_archive.folder} is empty now, and the index has 1 articles of it. Nothing was changed: is a "
        "disk not mounted? If they are to go, run: souwen index --allow-empty "
        f"--index {any_archive.directory}"
    )
    assert any_archive.find("图书馆") == ["图书馆乙", "图书馆甲"]
    any_archive.sync(IngestRequest(rebuild=is_rebuild, allow_empty=True))
    assert any_archive.find("图书馆") == ["图书馆乙"]
    # An empty folder that has been empty is nothing to ask about; nor is one that is forgotten.
    any_archive.sync(IngestRequest())
    (other / "b.md").unlink()
    assert any_archive.sync(IngestRequest(forget=["others"])).articles == 0


def test_most_of_a_large_index_is_not_taken_out_unasked(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LARGE", 10)
    archive.lines("many.jsonl", {str(number): f"图书馆{number}" for number in range(8)})
    for name in "abcd":
        archive.post(f"{name}.md", f"图书馆{name}")
    archive.sync()
    message = r"the files of 8 of the 12 articles are gone or empty\. Nothing was changed: .*--allow-empty"
    (archive.folder / "many.jsonl").rename(archive.folder / "many.pdf")
    with pytest.raises(VanishedError, match=message):
        archive.sync(IngestRequest())
    archive.write("many.jsonl", "")  # a copy that failed
    with pytest.raises(VanishedError, match=message):
        archive.sync(IngestRequest())
    assert len(archive.find("图书馆")) == 12
    # Under another name they are new articles, and nothing is missing.
    (archive.folder / "many.jsonl").unlink()
    (archive.folder / "many.pdf").rename(archive.folder / "renamed.jsonl")
    assert archive.sync(IngestRequest()).articles == 12
    (archive.folder / "renamed.jsonl").unlink()
    assert counts(archive.sync(IngestRequest(allow_empty=True))) == (0, 0, 8, 4)
    # Of a small index, and of less than a half, no fuss is made.
    (archive.folder / "a.md").unlink()
    (archive.folder / "b.md").unlink()
    (archive.folder / "c.md").unlink()
    assert counts(archive.sync(IngestRequest())) == (0, 0, 3, 1)


def test_a_folder_that_is_replaced_while_it_is_listed_changes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "甲")
    archive.post("b.md", "乙")
    archive.sync()
    real = os.scandir

    def scandir(location: int | str | Path) -> object:
        listing = real(location)
        if path_of(location) == str(archive.folder):
            archive.folder.rename(archive.folder.with_name("away"))
            archive.folder.mkdir()
        return listing

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        with pytest.raises(VanishedError, match="was taken away or replaced while it was read"):
            archive.sync()
    assert len(archive.texts()) == 2
