"""Disks that are full, read-only or broken: a message that says what to do, and nothing lost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from archive import Archive, find
from forked import ROOT, run_forked

from index.errors import IndexDamagedError
from index.ingest import workers as prepare
from index.ingest.sync import IngestRequest
from index.sources.scan import FoundFile
from index.store.directory import IndexDirectory
from index.store.reader import IndexReader

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="limits and users of POSIX")

SOUWEN = "from cli.main import main; main()"

# `souwen index`, in which no file can grow any more from some moment on: a full disk, on any machine.
FULL = """
import resource, sys
from contextlib import contextmanager
moment, *arguments = sys.argv[1:]
from cli.main import main
from index.store.catalog_writer import CatalogWriter
from index.engines.base import engine_class

def full():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

def full_before(call):
    def replacement(*arguments, **options):
        full()
        return call(*arguments, **options)
    return replacement

def full_before_commit(real_writer):
    @contextmanager
    def writer(self):
        with real_writer(self) as opened:
            opened.commit = full_before(opened.commit)
            yield opened
    return writer

for engine in map(engine_class, ("tantivy", "whoosh")):
    if moment == "engine":
        engine.writer = full_before_commit(engine.writer)
if moment == "catalog":
    CatalogWriter.replace_file = full_before(CatalogWriter.replace_file)
elif moment == "start":
    full()
sys.argv = ["souwen", *arguments]
main()
"""

# `souwen`, as somebody to whom the index does not belong: root may write everything. A search before that
# loads all modules, which may lie where nobody else may read.
NOBODY = """
import contextlib, io, os, sys
from cli.main import main
import index.engines.tantivy.engine, index.analysis.bulk, index.ingest.sync, portalocker

arguments = sys.argv[1:]
sys.argv = ["souwen", "search", "图书馆", "--index", arguments[-1]]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
sys.argv = ["souwen", *arguments]
main()
"""


def run(program: str, *arguments: str) -> tuple[int, str]:
    """Exit code, and what was said."""
    done = run_forked(program, *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


@posix
@pytest.mark.parametrize("moment", ["start", "catalog", "engine"])
def test_a_full_disk_is_told_and_loses_nothing(any_archive: Archive, moment: str) -> None:
    any_archive.post("a.md", "图书馆甲")
    any_archive.sync()
    for number in range(15):
        any_archive.post(f"{number}.md", f"修钟楼{number}" + "".join(chr(0x4E00 + i * 7) for i in range(900)))
    options = ["index", str(any_archive.folder), "--index", str(any_archive.directory), "--jobs", "1"]
    for is_rebuild in (False, True):
        code, said = run(FULL, moment, *options, *(["--rebuild"] if is_rebuild else []))
        assert code == 2, said
        assert "can't be written: " in said
        assert "Free some space, then run: souwen index" in said or "Check that the disk is healthy" in said
        assert any_archive.find("图书馆") == ["图书馆甲"]
    assert any_archive.sync().articles == 16
    assert any_archive.find("图书馆") == ["图书馆甲"]
    assert len(any_archive.find("修钟楼")) == 15
    assert any_archive.agrees()
    assert len(list(any_archive.directory.glob("gen-*"))) == 1


@posix
def test_a_backup_that_finds_no_room_says_so_and_not_that_the_index_is_damaged(any_archive: Archive) -> None:
    any_archive.post("a.md", "图书馆甲" * 5000)
    any_archive.sync()
    file = any_archive.directory.with_name("all.tar.gz")
    code, said = run(FULL, "start", "backup", str(file), "--index", str(any_archive.directory))
    assert code == 2
    assert f"{file}: can't be written: " in said
    assert "souwen verify" not in said
    assert not file.exists()


@posix
def test_a_full_disk_below_standard_output_is_told(any_archive: Archive) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("only Linux has /dev/full")
    any_archive.post("a.md", "图书馆")
    any_archive.sync()
    for command in (["search", "图书馆"], ["search", "图书馆", "--json"], ["export"]):
        done = run_forked(SOUWEN, *command, "--index", str(any_archive.directory), output="/dev/full")
        assert (done.returncode, done.stderr) == (
            2,
            "souwen: No space left on device. Free some space, then run this again.\n",
        )


@contextmanager
def read_only(archive: Archive, tmp_path: Path) -> Iterator[None]:
    """An index that belongs to somebody else, or may not be written. Its files have the modes that they were
    made with, where root has made them."""
    # They stay open for all: another test may need them just now.
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_mode & 5 != 5:
            path.chmod(0o755)
    closed = [] if os.geteuid() == 0 else [archive.directory, *archive.directory.rglob("*")]
    modes = [(path, path.stat().st_mode) for path in closed]
    try:
        for path, mode in modes:
            path.chmod(mode & ~0o222)
        yield
    finally:
        for path, mode in modes:
            path.chmod(mode)


@posix
def test_a_read_only_index_can_be_searched(any_archive: Archive, tmp_path: Path) -> None:
    archive = any_archive
    archive.post("a.md", "图书馆")
    archive.sync()
    archive.post("b.md", "图书馆乙")
    with read_only(archive, tmp_path):
        before = set(Path(tempfile.gettempdir()).glob("souwen-*"))
        code, said = run(NOBODY, "search", "图书馆", "--index", str(archive.directory))
        if archive.engine == "tantivy" or os.geteuid() == 0:  # root, whom everybody trusts
            assert (code, said) == (0, "")
        assert set(Path(tempfile.gettempdir()).glob("souwen-*")) <= before
        code, said = run(NOBODY, "index", "--index", str(archive.directory))
        assert (code, "can't be written: Permission denied" in said) == (2, True), said
    assert archive.sync().added == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="takes two users")
def test_somebody_else_follows_what_is_written(archive: Archive, tmp_path: Path) -> None:
    """The one who serves an archive is another user than the one who indexes it."""
    archive.post("0.md", "图书馆")
    archive.sync()
    with read_only(archive, tmp_path):
        os.setegid(65534)
        os.seteuid(65534)
        try:
            reader = IndexReader(archive.directory, look_every=0, stale_after=0)
            with reader.acquire() as index:
                assert index.engine.ids() == index.catalog.ids()
        finally:
            os.seteuid(0)
            os.setegid(0)
        for number in range(1, 4):
            archive.post(f"{number}.md", f"图书馆{number}")
            archive.sync()
            os.seteuid(65534)
            try:
                with reader.acquire() as index:
                    assert len(index.engine.ids()) == len(index.catalog.ids()) == number + 1
            finally:
                os.seteuid(0)
        reader.close()


def test_a_catalog_with_a_broken_page_is_told(archive: Archive) -> None:
    for number in range(50):
        archive.post(f"{number}.md", f"图书馆{number}" + "很长的文章。" * 300)
    catalog = archive.directory / archive.sync().generation / "catalog.sqlite"
    data = bytearray(catalog.read_bytes())
    data[3 * 16384 :] = b"\x55" * (len(data) - 3 * 16384)
    catalog.write_bytes(bytes(data))
    archive.post("0.md", "别的")
    with pytest.raises(IndexDamagedError, match="malformed"):
        archive.sync()
    archive.sync(IngestRequest([archive.folder], rebuild=True))
    assert archive.agrees()


def test_a_file_that_breaks_off_while_it_is_read_is_kept(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.post("a.md", "图书馆旧")
    archive.sync()
    archive.post("a.md", "图书馆更新")

    def read_bytes(file: FoundFile, limit: int) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "read_bytes", read_bytes)
        archive.sync()
    assert archive.find("图书馆") == ["图书馆旧"]
    reason = "can't be read: Input/output error; what it held before is kept"
    assert archive.reasons() == {"posts/a.md": reason}
    archive.sync()
    assert archive.find("图书馆") == ["图书馆更新"]


def test_a_clock_that_is_set_back_hides_no_change(
    any_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of files, nor of the index; and runs stay in their order."""
    any_archive.post("a.md", "图书馆甲")
    any_archive.sync()
    with closing(IndexReader(any_archive.directory, stale_after=0)) as reader:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 10**7)
        for number, text in enumerate(("图书馆乙", "图书馆丙")):
            past = 10**18 - number * 10**15
            os.utime(any_archive.post("a.md", text), ns=(past, past))
            report = any_archive.sync(IngestRequest(debounce=0.01))
            assert (report.changed, report.being_written) == (1, 0)
            with reader.acquire() as index:
                assert find(index, "图书馆") == [text]
                run_ = index.catalog.last_run()
                assert run_ is not None
                assert run_["started"] < real() - 10**6


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def test_a_reader_stays_open_over_100_commits_and_10_rebuilds(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    with closing(IndexReader(archive.directory, stale_after=0)) as reader:
        counts = []
        for number in range(1, 101):
            archive.post(f"{number % 10}.md", f"图书馆第{number}版")
            archive.sync(IngestRequest(rebuild=number % 10 == 0))
            with reader.acquire() as index:
                found = find(index, "图书馆")
                assert f"图书馆第{number}版" in found
                assert len(found) == min(number, 10) + 1
            counts.append(open_files())
        # It keeps no old generation and no old segment open.
        assert counts[-1] <= counts[19] + 10
    assert len(list(archive.directory.glob("gen-*"))) <= 2


def started(*arguments: str, before: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Starts the command line, after a statement."""
    program = f"import sys; {before}\nfrom cli.main import main\nsys.argv = ['souwen', *sys.argv[1:]]\nmain()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@posix
def test_an_export_that_finds_no_space_leaves_the_file_of_before(archive: Archive, tmp_path: Path) -> None:
    archive.post("a.md", "图书馆" + "很长的文章。" * 5000)
    archive.sync()
    file = tmp_path / "all.jsonl"
    file.write_text("before")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    for command in (["export", "-o", str(file)], ["backup", str(file)]):
        code, said = run(f"{limit}\n{SOUWEN}", *command, "--index", str(archive.directory))
        assert code == 2, said
        assert "all.jsonl: can't be written: " in said
        assert re.search(r"(Free some space|healthy and writable), then run this again\.\n$", said)
        assert file.read_text() == "before"
        assert {path.name for path in tmp_path.iterdir()} == {"posts", "index", "all.jsonl"}


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of addresses")
def test_too_little_memory_is_told_and_takes_no_article_out(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))"
    index = ["--index", str(archive.directory)]
    done = started("index", "--rebuild", *index, before=limit)
    assert (done.returncode, b"not enough memory" in done.stderr) == (2, True), done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert archive.find("图书馆") == ["图书馆"]


@posix
def test_output_that_nobody_takes_or_that_lacks_characters_is_no_error(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    search = ["search", "图书馆", "--index", str(archive.directory)]
    done = started(*search, PYTHONIOENCODING="latin1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u56fe\\u4e66\\u9986" in done.stdout
    done = started(*search, "--json", PYTHONIOENCODING="latin1")
    assert json.loads(done.stdout)["query"] == "图书馆"
    closed = "import os, sys; os.close(1); sys.stdout = None"
    for command in (search, [*search, "--json"], ["export", *search[2:]], ["stats", *search[2:]]):
        assert run(f"{closed}\n{SOUWEN}", *command) == (0, "")
    done = started("search", "没有这个词", *search[2:], PYTHONIOENCODING="latin1")
    assert done.returncode == 1


def test_a_run_may_wait_for_another(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    archive.sync()
    with IndexDirectory(archive.directory).write_lock():
        waiting = threading.Thread(target=lambda: archive.sync(IngestRequest(rebuild=True, wait=True)))
        waiting.start()
        time.sleep(0.2)
        assert waiting.is_alive()
    waiting.join()
    assert IndexDirectory(archive.directory).current_name() == "gen-000002"
