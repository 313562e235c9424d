"""A file is changed when its content is, whatever its size and its times say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive, counts, watch_reading

from index.files import FileState
from index.ingest.job import IngestRequest
from index.maintenance.verify import verify
from index.sources.scan import scan
from index.store.catalog_writer import CatalogWriter
from index.store.directory import IndexDirectory

SECOND = 1_000_000_000
# A whole second, as coarse clocks and archives (tar, zip) have it.
THEN = 1_600_000_000 * SECOND
only_posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no time of change")


def write_over(file: Path, text: str) -> None:
    """As `rsync --inplace -t`, or an editor on a coarse clock."""
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(THEN, THEN))


def replace(file: Path, text: str) -> None:
    """As `tar -x` and `rsync -t`: a new file, moved over the old one."""
    new = file.with_name("new")
    write_over(new, text)
    new.replace(file)


def copy(file: Path, text: str) -> None:
    """As `cp -p`."""
    source = file.parent.parent / "source"
    write_over(source, text)
    shutil.copy2(source, file)


@only_posix
@pytest.mark.parametrize("change", [write_over, replace, copy])
def test_a_change_of_the_same_size_and_time_is_seen(
    archive: Archive, change: Callable[[Path, str], None]
) -> None:
    file = archive.folder / "a.md"
    write_over(file, "图书馆甲")
    archive.post("b.md", "图书馆")
    archive.sync()
    change(file, "图书馆乙")
    status = file.stat()
    assert (status.st_size, status.st_mtime_ns) == (len("图书馆甲".encode()), THEN)
    assert verify(archive.directory).changed_files == ("posts/a.md",)
    assert counts(archive.sync()) == (0, 1, 0, 1)
    assert archive.find("图书馆乙") == ["图书馆乙"]


@only_posix
def test_a_file_that_only_looks_different_holds_what_it_held(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    (archive.folder / "a.md").chmod(0o600)
    assert verify(archive.directory).agree
    assert counts(archive.sync()) == (0, 0, 0, 1)
    with watch_reading(monkeypatch) as opened:
        archive.sync()
    assert opened == []


def pretend_that_it_looks_the_same(archive: Archive, path: str) -> None:
    """Notes how a file looks now, as where there is no time of change to tell."""
    found = scan({"posts": archive.folder}, archive.directory).files[path]
    generation = IndexDirectory(archive.directory).current()
    with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
        catalog.touch_file(found.state, catalog.files()[path].digest)
        catalog.commit()


def test_where_no_time_tells_the_content_is_compared_on_demand(archive: Archive) -> None:
    archive.post("a.md", "图书馆甲")
    archive.sync()
    archive.post("a.md", "图书馆乙")
    pretend_that_it_looks_the_same(archive, "posts/a.md")
    assert counts(archive.sync()) == (0, 0, 0, 1)
    assert verify(archive.directory).changed_files == ("posts/a.md",)
    assert counts(archive.sync(IngestRequest(check=True))) == (0, 1, 0, 0)
    assert verify(archive.directory).agree


@pytest.mark.parametrize(
    ("ctime", "read", "is_sure"),
    [
        (THEN + 5, THEN + SECOND, True),
        (THEN + 5, THEN + 1_000_000, False),
        # Whole seconds: the clock of the disk has one or two of them.
        (THEN, THEN + SECOND, False),
        (THEN, THEN + 3 * SECOND, True),
        (THEN, THEN - SECOND, False),
    ],
)
def test_a_file_that_may_change_within_the_same_tick_is_compared_next_time(
    ctime: int, read: int, is_sure: bool
) -> None:
    state = FileState("a.md", 1, THEN, ctime, 7)
    assert (state.as_read(read) == state) is is_sure
