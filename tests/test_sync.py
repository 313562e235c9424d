"""The main flow: an index follows its folders, whatever happens to them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive import Archive

from index import guard, prepare
from index import sync as sync_module
from index.errors import (
    EngineError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    InputError,
    SettingsError,
    VanishedError,
)
from index.generation import IndexDirectory
from index.posts import post_id
from index.settings import Settings
from index.sync import Progress, Report, Request, followed_folders, sync


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


@contextmanager
def watch_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the files that are opened."""
    opened: list[str] = []
    real = prepare.read_bytes

    def read_bytes(location: str, limit: int) -> bytes:
        opened.append(Path(location).name)
        return real(location, limit)

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "read_bytes", read_bytes)
        yield opened


def break_reading(patch: pytest.MonkeyPatch, name: str) -> list[Path]:
    """Files of this name can't be opened. (Modes would not do: root may open everything.) Gives the tries."""
    real = prepare.read_bytes
    tries: list[Path] = []

    def read_bytes(location: str, limit: int) -> bytes:
        if Path(location).name == name:
            tries.append(Path(location))
            raise PermissionError(13, "Permission denied")
        return real(location, limit)

    patch.setattr(prepare, "read_bytes", read_bytes)
    return tries


# Following


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
    archive.sync()
    archive.post("b.md", "更长的文b")
    os.utime(archive.folder / "c.md", ns=(0, 10**18))
    (archive.folder / "d.md").unlink()
    archive.post("e.md", "文e")
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

    request = Request(settle=3.0)
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", write_on)
        report = archive.sync(request)
        assert (counts(report), report.unsettled, len(waits)) == ((2, 0, 0, 0), 1, 1)
        assert sorted(archive.texts().values()) == ["别的", "旧", "早就有的"]
        # Still changing: it waits on, and what it held stays.
        archive.post("a.md", "新的")
        assert archive.sync(request).unsettled == 1
        patch.setattr(time, "sleep", waits.append)
        report = archive.sync(request)
        assert (counts(report), report.unsettled, len(waits)) == ((0, 1, 0, 2), 0, 3)
        assert counts(archive.sync(request)) == (0, 0, 0, 3)
        assert len(waits) == 3  # where nothing has changed, there is nothing to wait for
    assert archive.agrees()


def test_a_folder_that_is_replaced_while_it_is_listed_changes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "甲")
    archive.post("b.md", "乙")
    archive.sync()
    real = os.scandir

    def scandir(location: str) -> object:
        listing = real(location)
        if location == str(archive.folder):
            archive.folder.rename(archive.folder.with_name("away"))
            archive.folder.mkdir()
        return listing

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        with pytest.raises(VanishedError, match="was taken away or replaced while it was read"):
            archive.sync()
    assert len(archive.texts()) == 2


# What is not taken out unasked


@pytest.mark.parametrize("is_rebuild", [False, True])
def test_an_empty_folder_is_no_reason_to_empty_the_index(any_archive: Archive, is_rebuild: bool) -> None:
    other = any_archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("图书馆乙", encoding="utf-8")
    path = any_archive.post("a.md", "图书馆甲")
    any_archive.sync(Request([any_archive.folder, other], engine=any_archive.engine))
    path.unlink()
    any_archive.write("note.pdf", "")
    with pytest.raises(VanishedError) as refused:
        any_archive.sync(Request(rebuild=is_rebuild))
    assert str(refused.value) == (
        f"{any_archive.folder} is empty now, and the index has 1 articles of it. Nothing was changed: is a "
        "disk not mounted? If they are to go, run: souwen index --allow-empty "
        f"--index {any_archive.directory}"
    )
    assert any_archive.find("图书馆") == ["图书馆乙", "图书馆甲"]
    any_archive.sync(Request(rebuild=is_rebuild, allow_empty=True))
    assert any_archive.find("图书馆") == ["图书馆乙"]
    # An empty folder that has been empty is nothing to ask about; nor is one that is forgotten.
    any_archive.sync(Request())
    (other / "b.md").unlink()
    assert any_archive.sync(Request(forget=["others"])).articles == 0


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
        archive.sync(Request())
    archive.write("many.jsonl", "")  # a copy that failed
    with pytest.raises(VanishedError, match=message):
        archive.sync(Request())
    assert len(archive.find("图书馆")) == 12
    # Under another name they are new articles, and nothing is missing.
    (archive.folder / "many.jsonl").unlink()
    (archive.folder / "many.pdf").rename(archive.folder / "renamed.jsonl")
    assert archive.sync(Request()).articles == 12
    (archive.folder / "renamed.jsonl").unlink()
    assert counts(archive.sync(Request(allow_empty=True))) == (0, 0, 8, 4)
    # Of a small index, and of less than a half, no fuss is made.
    (archive.folder / "a.md").unlink()
    (archive.folder / "b.md").unlink()
    (archive.folder / "c.md").unlink()
    assert counts(archive.sync(Request())) == (0, 0, 3, 1)


def test_going_on_as_it_is_minds_no_settings(archive: Archive, words: str) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.post("b.md", "别的")
    report = archive.sync(Request(keep=True, engine="whoosh"), dictionary=words, timezone="UTC")
    assert (report.added, report.engine) == (1, "tantivy")


# Ids that are used twice


@pytest.mark.parametrize("first", ["a", "b"])
def test_the_smallest_path_has_an_id_and_the_next_takes_over(any_archive: Archive, first: str) -> None:
    """Whichever file was there first; and in the same run in which the winner goes."""
    second = "b" if first == "a" else "a"
    any_archive.lines(f"{first}.jsonl", {"1": f"图书馆{first}", first: "别的"})
    any_archive.sync()
    any_archive.lines(f"{second}.jsonl", {"1": f"图书馆{second}", second: "别的"})
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆a"]
    reason = "id '1' is also used in posts/a.jsonl, which is indexed"
    assert any_archive.reasons() == {"posts/b.jsonl": reason}
    (any_archive.folder / "a.jsonl").unlink()
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆b"]
    assert any_archive.texts() == {"1": "图书馆b", "b": "别的"}
    assert not any_archive.problems()
    assert any_archive.agrees()


def test_an_id_that_a_changed_file_drops_is_taken_over(archive: Archive) -> None:
    archive.lines("a.jsonl", {"1": "在a"})
    archive.lines("b.jsonl", {"1": "在b"})
    archive.lines("c.jsonl", {"1": "在c"})
    archive.sync()
    archive.lines("a.jsonl", {"2": "在a"})
    archive.sync()
    assert archive.texts() == {"1": "在b", "2": "在a"}
    assert list(archive.reasons()) == ["posts/c.jsonl"]
    assert archive.agrees()


def test_a_file_that_was_only_touched_takes_over_too(archive: Archive) -> None:
    """Its content is known, but not what has become of the id that it wanted."""
    archive.lines("a.jsonl", {"1": "在a"})
    archive.lines("b.jsonl", {"1": "在b"})
    archive.sync()
    (archive.folder / "a.jsonl").unlink()
    os.utime(archive.folder / "b.jsonl", ns=(0, 10**18))
    archive.sync()
    assert archive.texts() == {"1": "在b"}


def test_one_id_twice_in_a_file_is_one_article(any_archive: Archive) -> None:
    line = '{"id": "1", "text": "图书馆%s"}\n'
    any_archive.write("a.jsonl", line % "甲" + line % "乙")
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆甲"]
    assert any_archive.reasons() == {"posts/a.jsonl": "id '1' is used twice in this file"}
    any_archive.write("a.jsonl", line % "丙" + line % "乙")
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆丙"]
    assert any_archive.agrees()


@pytest.mark.parametrize(("source", "target"), [("a", "b"), ("b", "a")])
def test_an_article_moves_from_file_to_file(any_archive: Archive, source: str, target: str) -> None:
    any_archive.lines(f"{source}.jsonl", {"1": "图书馆", "2": "钟楼"})
    any_archive.lines(f"{target}.jsonl", {"3": "书市"})
    any_archive.sync()
    any_archive.lines(f"{source}.jsonl", {"2": "钟楼"})
    any_archive.lines(f"{target}.jsonl", {"3": "书市", "1": "图书馆"})
    any_archive.sync()
    assert any_archive.find("图书馆") == ["图书馆"]
    assert not any_archive.problems()
    assert any_archive.agrees()


# What can't be read


def test_what_was_not_read_well_is_counted(archive: Archive) -> None:
    archive.post("a.md", "好")
    archive.write("b.md", "---\ntitle: 'a\n---\n文")
    archive.write("c.jsonl", '{"text": "文"}\n{"text": \n[]\n')
    archive.write("图.png", "")
    archive.write("d.PNG", "")
    report = archive.sync()
    assert (report.added, report.lost, report.doubtful, report.ignored) == (3, 2, 1, {".png": 2})
    archive.post("b.md", "文")
    (archive.folder / "c.jsonl").unlink()
    report = archive.sync()
    assert (report.lost, report.doubtful) == (0, 0)


def test_a_folder_that_cannot_be_listed_keeps_its_articles(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "外")
    archive.post("深/b.md", "内")
    archive.sync()
    real = os.scandir

    def scandir(location: str) -> object:
        if Path(location).name == "深":
            raise PermissionError(13, "Permission denied")
        return real(location)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        report = archive.sync()
    assert counts(report) == (0, 0, 0, 1)
    assert report.articles == 2
    assert archive.reasons() == {"posts/深": "folder can't be read: Permission denied"}
    assert counts(archive.sync()) == (0, 0, 0, 2)
    assert not archive.problems()


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
    archive.write("a.txt", "长" * 400_000)
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


# Folders


def test_an_index_remembers_its_folders(archive: Archive) -> None:
    archive.post("a.md", "文")
    other = archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("文", encoding="utf-8")
    archive.sync()
    assert archive.sync(Request([other])).articles == 2
    assert followed_folders(archive.directory) == [other, archive.folder]
    (other / "c.md").write_text("文", encoding="utf-8")
    archive.post("d.md", "文")
    assert archive.sync(Request()).added == 2


def test_without_a_folder_there_is_nothing_to_index(archive: Archive) -> None:
    with pytest.raises(InputError, match=r"no folder to index\. Name one: souwen index FOLDER"):
        archive.sync(Request())


def test_a_root_may_be_one_file(archive: Archive) -> None:
    path = archive.lines("a.jsonl", {"1": "甲", "2": "乙"})
    assert archive.sync(Request([path])).added == 2
    archive.lines("a.jsonl", {"1": "甲"})
    assert archive.sync(Request()).removed == 1


def test_a_folder_that_is_gone_is_an_error_and_not_a_removal(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.folder.rename(archive.folder.with_name("elsewhere"))
    with pytest.raises(InputError, match=r"is gone.*souwen index --forget posts"):
        archive.sync(Request())
    assert list(archive.texts().values()) == ["文"]
    # Moved to another disk, it has the same name, and so the same articles.
    (archive.folder.parent / "disk").mkdir()
    archive.folder.with_name("elsewhere").rename(archive.folder.parent / "disk/posts")
    assert counts(archive.sync(Request([archive.folder.parent / "disk/posts"]))) == (0, 0, 0, 1)


def test_a_folder_is_forgotten(archive: Archive) -> None:
    archive.post("a.md", "文")
    other = archive.folder.parent / "others"
    other.mkdir()
    (other / "b.md").write_text("别的", encoding="utf-8")
    archive.sync(Request([archive.folder, other]))
    with pytest.raises(InputError, match=r"--forget nobody: no folder .*\. Followed: others, posts\."):
        archive.sync(Request(forget=["nobody"]))
    assert archive.sync(Request(forget=["posts"])).removed == 1
    assert archive.find("文") == []
    assert followed_folders(archive.directory) == [other]
    report = archive.sync(Request([archive.folder], forget=["others"]))
    assert (report.added, report.removed) == (1, 1)
    assert archive.sync(Request(forget=["posts"])).articles == 0
    assert archive.agrees()


def test_folders_that_collide_change_nothing(archive: Archive) -> None:
    archive.post("深/a.md", "文")
    archive.sync()
    (archive.folder.parent / "other/posts").mkdir(parents=True)
    for path in (archive.folder.parent / "other/posts", archive.folder / "深", archive.folder.parent):
        with pytest.raises(InputError):
            archive.sync(Request([path]))
    assert followed_folders(archive.directory) == [archive.folder]


# Rebuilding, and what must not be mixed


def test_a_rebuild_keeps_folders_and_choices_and_swaps_generations(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync(Request([archive.folder], engine="whoosh", segmenter="jieba"))
    report = archive.sync(Request(rebuild=True))
    assert (report.generation, report.engine, report.added) == ("gen-000002", "whoosh", 1)
    assert IndexDirectory(archive.directory).current().meta.segmenter == "jieba"
    assert archive.agrees()
    assert archive.sync(Request(rebuild=True, engine="tantivy")).engine == "tantivy"
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
        patch.setattr(sync_module, "scan", fail)
        with pytest.raises(KeyboardInterrupt):
            archive.sync(Request(rebuild=True))
    assert archive.find("旧") == ["旧"]
    assert counts(archive.sync()) == (0, 1, 0, 0)
    assert [path.name for path in archive.directory.glob("gen-*")] == ["gen-000001"]


@pytest.fixture
def words(archive: Archive) -> str:
    path = archive.folder.parent / "words.txt"
    path.write_text("放管服 900\n", encoding="utf-8")
    return str(path)


def mismatch(archive: Archive, request: Request, settings: dict[str, str], message: str) -> None:
    """Refused, with a command; and the command does it."""
    command = rf"{message}.* run: souwen index --rebuild --index {archive.directory}"
    with pytest.raises(IndexMismatchError, match=command):
        archive.sync(request, **settings)
    assert archive.find("文") == ["文"]
    rebuild = Request(rebuild=True, engine=request.engine, segmenter=request.segmenter)
    assert archive.sync(rebuild, **settings).added == 1
    assert counts(archive.sync(request, **settings)) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("request_", "settings", "message"),
    [
        (Request(segmenter="jieba"), {}, "made with segmenter rjieba, and jieba is asked for"),
        (Request(), {"timezone": "UTC"}, "made with timezone Asia/Shanghai, and UTC is asked for"),
    ],
    ids=["segmenter", "timezone"],
)
def test_what_does_not_mix_is_refused(
    archive: Archive, request_: Request, settings: dict[str, str], message: str
) -> None:
    archive.post("a.md", "文")
    archive.sync()
    mismatch(archive, request_, settings, message)


def test_another_engine_takes_over_what_was_read(archive: Archive) -> None:
    file = archive.post("a.md", "图书馆")
    archive.post("b.md", "别的")
    archive.sync()
    status = file.stat()
    file.write_text(file.read_text(encoding="utf-8").replace("图书馆", "博物馆"), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # it looks as it did: nobody reads it again
    report = archive.sync(Request(engine="whoosh"))
    assert (report.engine, counts(report)) == ("whoosh", (0, 0, 0, 2))
    assert archive.find("图书馆")
    assert archive.find("博物馆") == []


def test_dictionaries_do_not_mix(archive: Archive, words: str) -> None:
    archive.post("a.md", "文")
    archive.sync()
    mismatch(
        archive, Request(), {"dictionary": words}, "made with dictionary none, and [0-9a-f]+ is asked for"
    )
    # Without the setting, the index goes on with the dictionary that it has.
    assert counts(archive.sync()) == (0, 0, 0, 1)
    Path(words).write_text("交管\n", encoding="utf-8")
    mismatch(archive, Request(), {"dictionary": words}, "made with dictionary [0-9a-f]+, and")


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
        archive.sync(Request([archive.folder], engine="lucene"))
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
    archive.sync(Request([archive.folder], rebuild=True))
    assert archive.find("文") == ["文"]
    assert archive.agrees()


def test_another_format_is_mended_by_a_rebuild(archive: Archive) -> None:
    archive.post("a.md", "文")
    report = archive.sync()
    meta = archive.directory / report.generation / "meta.json"
    meta.write_text(meta.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(IndexMismatchError, match=r"has format 99.*--rebuild"):
        archive.sync()
    assert archive.sync(Request(rebuild=True)).added == 1
    assert archive.find("文") == ["文"]


# How it is done


def test_one_writer_at_a_time(archive: Archive) -> None:
    archive.post("a.md", "文")
    busy = pytest.raises(IndexBusyError, match=f"process {os.getpid()}")
    with IndexDirectory(archive.directory).write_lock(), busy:
        archive.sync()
    assert archive.sync().added == 1


def test_processes_give_what_one_process_gives(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_WORTH_PROCESSES", 1)
    for number in range(70):
        archive.post(f"{number}.md", f"第{number}篇文章", title=f"题{number}")
    archive.write("bad.md", "---\ntitle: 'x\n---\n")
    report = archive.sync(Request([archive.folder], jobs=2))
    assert (report.added, report.doubtful) == (71, 1)
    several = archive.texts(), archive.problems(), archive.find("篇文章")
    archive.sync(Request(rebuild=True))
    assert several == (archive.texts(), archive.problems(), archive.find("篇文章"))
    assert archive.agrees()


def test_what_is_done_is_told_and_committed_bit_by_bit(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "COMMIT_EVERY", 2)
    for number in range(5):
        any_archive.lines(f"{number}.jsonl", {f"{number}{i}": f"图书馆{number}{i}" for i in range(3)})
    told: list[Progress] = []
    request = Request([any_archive.folder], engine=any_archive.engine)
    sync(any_archive.directory, request, Settings(), told.append)
    assert told == [Progress(done, 5) for done in range(1, 6)]
    assert len(any_archive.find("图书馆")) == 15
    assert any_archive.agrees()


def test_a_run_is_recorded_where_something_changed(archive: Archive) -> None:
    archive.post("a.md", "文")
    archive.sync()
    archive.sync()
    index = archive.open()
    run = index.ledger.last_run()
    index.close()
    assert run is not None
    assert (run["added"], run["changed"], run["removed"]) == (1, 0, 0)
    assert run["started"] > 10**9


def test_the_examples_are_indexed(example_index: Path) -> None:
    index = Archive(Path(), example_index)
    assert index.agrees()
    assert len(index.texts()) == 71
    assert all("not valid YAML" in reason or "no text" in reason for reason in index.reasons().values())
    assert len(index.problems()) == 4
