"""What is found in folders, and what is told of the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive import Archive, path_of

from index.errors import InputError
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.ingest.workers import read_bytes
from index.sources.scan import Scan, display_path, removed_paths, resolve_roots, scan

only_where_names_are_bytes = pytest.mark.skipif(sys.platform != "linux", reason="names must be UTF-8 here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "posts"
    made.mkdir()
    return made.resolve()


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))


def look(folder: Path) -> Scan:
    return scan({"posts": folder}, folder.parent / "index")


def reasons(found: Scan) -> dict[str, str]:
    assert all(problem.lost for problem in found.problems)
    return {problem.path: problem.reason for problem in found.problems}


def test_files_are_known_by_root_and_path_and_look(folder: Path) -> None:
    write(folder, "甲.md", "深/更深/乙.JSONL")
    found = look(folder)
    assert set(found.files) == {"posts/甲.md", "posts/深/更深/乙.JSONL"}
    file = found.files["posts/深/更深/乙.JSONL"]
    status = (folder / "深/更深/乙.JSONL").stat()
    assert (file.state.path, file.state.size) == ("posts/深/更深/乙.JSONL", len("深/更深/乙.JSONL".encode()))
    assert file.state.mtime_ns == status.st_mtime_ns
    assert Path(file.location).samefile(folder / "深/更深/乙.JSONL")
    assert not found.problems


def test_the_order_depends_on_names_only(tmp_path: Path) -> None:
    names = [f"{folder}/{file}.md" for folder in ("乙", "甲", "a", "a/b") for file in "丙丁c"]
    orders = []
    for number, order in enumerate((names, names[::-1])):
        write(tmp_path / str(number), *order)
        orders.append(list(scan({"posts": tmp_path / str(number)}, tmp_path / "index").files))
    assert orders[0] == orders[1]
    assert len(orders[0]) == len(names)


def test_other_files_are_counted_by_suffix(folder: Path) -> None:
    write(folder, "a.png", "b.PNG", "c.tar.gz", "README", "深/d.pdf", "e.md", "f.", "g.md~")
    found = look(folder)
    assert found.ignored == {".png": 2, ".gz": 1, "": 2, ".pdf": 1, ".md~": 1}
    assert list(found.files) == ["posts/e.md"]
    assert not found.problems


def test_hidden_files_and_folders_are_left_alone(folder: Path) -> None:
    write(folder, ".a.md", ".git/b.md", "c.md")
    found = look(folder)
    assert list(found.files) == ["posts/c.md"]
    assert not found.ignored


@pytest.mark.parametrize(
    "name", ["一\n二.md", "'\"`$(x).md", " 前后 .md", "a\\b.md", "%41&amp;.md", "😀𠮷.md"]
)
def test_odd_names_are_names(folder: Path, name: str) -> None:
    write(folder, name)
    found = look(folder)
    assert list(found.files) == [f"posts/{name}"]
    assert Path(found.files[f"posts/{name}"].location).read_bytes() == name.encode()


@only_where_names_are_bytes
def test_names_that_are_not_utf_8_are_written_out(folder: Path) -> None:
    gbk = os.fsdecode("题.md".encode("gbk"))
    write(folder, f"{gbk}", os.fsdecode(b"\xff/x.md"), os.fsdecode(b"y.\xff"))
    found = look(folder)
    assert set(found.files) == {"posts/\\xcc\\xe2.md", "posts/\\xff/x.md"}
    assert Path(found.files["posts/\\xcc\\xe2.md"].location).read_bytes()
    assert found.ignored == {".\\xff": 1}
    assert display_path(gbk) == "\\xcc\\xe2.md"


@only_where_names_are_bytes
def test_two_names_that_are_written_the_same_are_told(folder: Path) -> None:
    write(folder, os.fsdecode(b"\xff.md"), "\\xff.md")
    found = look(folder)
    assert list(found.files) == ["posts/\\xff.md"]
    assert "both written so" in reasons(found)["posts/\\xff.md"]


def test_links(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/a.md")
    write(folder, "b.md", "inner/c.md")
    targets = {
        "to-file.md": folder / "b.md",
        "to-folder": folder / "inner",
        "to-itself.md": folder / "to-itself.md",
        "to-parent": folder,
        "to-outside": tmp_path / "outside",
        "to-outside.md": tmp_path / "outside/a.md",
        "to-nothing.md": folder / "nothing.md",
    }
    for name, target in targets.items():
        (folder / name).symlink_to(target)
    found = look(folder)
    # A folder inside is found by its own path, so nothing of it is lost.
    assert set(found.files) == {"posts/b.md", "posts/to-file.md", "posts/inner/c.md"}
    assert set(reasons(found)) == {
        f"posts/{name}" for name in ("to-itself.md", "to-outside", "to-outside.md", "to-nothing.md")
    }
    assert "leads out of the folder, or nowhere" in reasons(found)["posts/to-outside"]
    assert read_bytes(found.files["posts/to-file.md"], 10) == b"b.md"


def a_file_becomes_a_link(folder: Path, outside: Path) -> None:
    (folder / "zu/a.md").unlink()
    (folder / "zu/a.md").symlink_to(outside / "a.md")


def a_folder_becomes_a_link(folder: Path, outside: Path) -> None:
    (folder / "zu").rename(folder / "away")
    (folder / "zu").symlink_to(outside)


SWAPS = [a_file_becomes_a_link, a_folder_becomes_a_link]


@pytest.mark.parametrize("swap", SWAPS)
def test_a_link_that_takes_a_name_after_the_scan_is_not_followed(
    folder: Path, tmp_path: Path, swap: Callable[[Path, Path], None]
) -> None:
    write(folder, "zu/a.md")
    write(tmp_path, "outside/a.md")
    file = look(folder).files["posts/zu/a.md"]
    assert read_bytes(file, 10) == b"zu/a.md"
    swap(folder, tmp_path / "outside")
    with pytest.raises(OSError, match="a link"):
        read_bytes(file, 10)
    assert file.has_changed()


@pytest.mark.parametrize("swap", SWAPS)
def test_a_run_does_not_follow_links_that_appear_while_it_goes_on(
    archive: Archive, tmp_path: Path, swap: Callable[[Path, Path], None]
) -> None:
    for number in range(80):
        archive.post(f"{number:02}.md", f"图书馆{number}")
    write(archive.folder, "zu/a.md")
    write(tmp_path, "outside/a.md")
    done: list[int] = []

    def progress(count: int, _: int) -> None:
        if not done:
            swap(archive.folder, tmp_path / "outside")
        done.append(count)

    sync(archive.directory, IngestRequest([archive.folder]), archive.settings, progress)
    assert len(done) == 81
    assert not [text for text in archive.texts().values() if "outside" in text]
    assert archive.reasons() == {"posts/zu/a.md": "can't be read: a link has taken its place"}


def test_a_list_of_what_is_left_out_is_not_read_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    write(folder, "a.md")
    (tmp_path / "ignore").write_text("a.md")
    (folder / ".souwenignore").symlink_to(tmp_path / "ignore")
    found = look(folder)
    assert set(found.files) == {"posts/a.md"}
    assert [problem.path for problem in found.problems] == ["posts/.souwenignore"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_what_is_no_regular_file_is_told_and_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    found = look(folder)
    assert not found.files
    assert reasons(found) == {"posts/pipe.md": "is not a regular file"}


class Entry:
    """An entry of a folder that can't be looked at."""

    def __init__(self, entry: os.DirEntry[str], error: OSError) -> None:
        self.name, self.path, self._entry, self._error = entry.name, entry.path, entry, error

    def is_symlink(self) -> bool:
        return self._entry.is_symlink()

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._entry.is_dir(follow_symlinks=follow_symlinks)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        raise self._error


def break_folder(monkeypatch: pytest.MonkeyPatch, is_broken: Callable[[str], bool], error: OSError) -> None:
    """Folders can't be listed. (Modes would not do: a test that root runs may read everything.)"""
    real = os.scandir

    def scandir(location: int | str | Path) -> object:
        if is_broken(path_of(location)):
            raise error
        return real(location)

    monkeypatch.setattr(os, "scandir", scandir)


def break_files(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Files of this name can't be looked at."""
    real = os.scandir

    @contextmanager
    def scandir(location: int | str | Path) -> Iterator[list[os.DirEntry[str] | Entry]]:
        with real(location) as entries:
            yield [Entry(entry, error) if entry.name == name else entry for entry in entries]

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.md", "zu/b.md", "zu/tief/c.md", "zum/d.md")
    known = list(look(folder).files)
    (folder / "a.md").unlink()
    (folder / "zum/d.md").unlink()
    break_folder(
        monkeypatch, lambda location: location.endswith("zu"), PermissionError(13, "Permission denied")
    )
    found = look(folder)
    assert reasons(found) == {"posts/zu": "folder can't be read: Permission denied"}
    assert sorted(removed_paths(known, found)) == ["posts/a.md", "posts/zum/d.md"]


def test_a_root_that_cannot_be_read_is_not_taken_for_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.md", "b/c.md")
    known = list(look(folder).files)
    break_folder(monkeypatch, lambda _: True, OSError(5, "Input/output error"))
    found = look(folder)
    assert reasons(found) == {"posts": "folder can't be read: Input/output error"}
    assert removed_paths([*known, "postscript/x.md"], found) == ["postscript/x.md"]


def test_a_file_that_cannot_be_looked_at_is_not_taken_for_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such are the files of a folder that may be listed, but not entered."""
    write(folder, "a.md", "a.md.txt", "b.md")
    known = list(look(folder).files)
    (folder / "a.md.txt").unlink()
    break_files(monkeypatch, "a.md", PermissionError(13, "Permission denied"))
    found = look(folder)
    assert reasons(found) == {"posts/a.md": "can't be read: Permission denied"}
    assert removed_paths(known, found) == ["posts/a.md.txt"]


def test_a_file_that_goes_while_the_folder_is_listed_is_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.md", "b.md")
    known = list(look(folder).files)
    break_files(monkeypatch, "a.md", FileNotFoundError(2, "No such file or directory"))
    found = look(folder)
    assert not found.problems
    assert removed_paths(known, found) == ["posts/a.md"]


# Roots


def test_a_root_is_known_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "a.jsonl")
    monkeypatch.chdir(folder.parent)
    assert resolve_roots([Path("posts")], {}) == {"posts": folder}
    assert resolve_roots([Path("posts/../posts/.")], {"posts": folder}) == {"posts": folder}
    assert resolve_roots([], {"posts": folder}) == {"posts": folder}
    (folder.parent / "link").symlink_to(folder)
    assert resolve_roots([Path("link")], {}) == {"posts": folder}


def test_a_root_may_be_a_file(folder: Path) -> None:
    write(folder, "a.jsonl", "b.pdf")
    assert resolve_roots([folder / "a.jsonl"], {}) == {"a.jsonl": folder / "a.jsonl"}
    assert list(scan({"a.jsonl": folder / "a.jsonl"}, folder.parent / "index").files) == ["a.jsonl"]
    with pytest.raises(InputError, match=r"b\.pdf: not a kind of file that is indexed \(\.csv, .*\.txt\)"):
        resolve_roots([folder / "b.pdf"], {})


def test_a_missing_root_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such file or folder"):
        resolve_roots([folder / "nowhere"], {})
    with pytest.raises(InputError, match=r"is gone\. .* souwen index --forget old"):
        resolve_roots([folder], {"old": folder.parent / "old"})


def test_an_archive_may_move(folder: Path, tmp_path: Path) -> None:
    assert resolve_roots([folder], {"posts": tmp_path / "before/posts"}) == {"posts": folder}


def test_two_roots_have_two_names(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other/posts").mkdir(parents=True)
    with pytest.raises(InputError, match=r"are both called 'posts'.*Rename one"):
        resolve_roots([folder, tmp_path / "other/posts"], {})


def test_roots_do_not_lie_inside_one_another(folder: Path) -> None:
    write(folder, "inner/a.md")
    for paths in ([folder, folder / "inner"], [folder / "inner", folder], [folder / "inner/a.md", folder]):
        with pytest.raises(InputError, match=r"lies inside .*, which is already indexed"):
            resolve_roots(paths, {})


@only_where_names_are_bytes
def test_a_root_whose_name_is_not_text_is_an_error(folder: Path) -> None:
    odd = folder / os.fsdecode(b"\xff")
    odd.mkdir()
    with pytest.raises(InputError, match=r"\\xff: the name is not UTF-8"):
        resolve_roots([odd], {})
