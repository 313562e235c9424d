"""Following folders as they change: whatever happens to them, the index soon says what they hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from archive import Archive

from index.errors import InputError, SouwenError, VanishedError
from index.ingest import watch as watch_module
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.sync import sync
from index.ingest.watch import Watcher, WatchLimits, changes_matter
from index.store.directory import IndexDirectory

pytestmark = pytest.mark.slow

# Seconds that a test waits for what must come; never how long it should take.
LIMIT = 240.0
# However slow the machine is, what a test does between two states is no reason to stop.
PATIENT = WatchLimits(patience=600.0)
IMPATIENT = WatchLimits(patience=0.5)


@dataclass
class Following:
    """A watcher in a thread: its reports of changes, what it warned of, and how it ended."""

    archive: Archive
    reports: list[IngestReport] = field(default_factory=list)
    looks: int = 0
    warnings: list[str] = field(default_factory=list)
    failure: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, request: IngestRequest) -> IngestReport:
        report = sync(self.archive.directory, request, self.archive.settings)
        self.looks += 1
        if report.added or report.changed or report.removed:
            self.reports.append(report)
        return report

    def follow(self, watcher: Watcher, stop: threading.Event) -> None:
        try:
            watcher.follow(stop)
        except BaseException as error:  # noqa: BLE001  # a thread's failure is the test's
            self.failure = error
        finally:
            self.ended.set()

    def until(self, condition: Callable[[], bool]) -> None:
        """Waits until the condition holds."""
        deadline = time.monotonic() + LIMIT
        while not condition():
            assert self.failure is None, self.failure
            assert time.monotonic() < deadline, (self.reports[-3:], self.warnings)
            self.ended.wait(0.02)

    def until_found(self, *texts: str) -> None:
        """Waits until 图书馆 finds exactly these texts."""

        def finds() -> bool:
            try:
                return self.archive.find("图书馆") == sorted(texts)
            except KeyError:  # a commit came between what the engine and what the catalog was asked
                return False

        self.until(finds)

    def until_it_fails(self) -> SouwenError:
        assert self.ended.wait(LIMIT)
        assert isinstance(self.failure, SouwenError), self.failure
        return self.failure


@contextmanager
def following(
    archive: Archive, limits: WatchLimits = PATIENT, *, allow_empty: bool = False
) -> Iterator[Following]:
    """An index of the archive, and a watcher over it that has begun to watch."""
    if not archive.directory.exists():
        archive.sync()
    state, stop = Following(archive), threading.Event()
    watcher = Watcher(
        archive.directory,
        archive.settings,
        state.run,
        lambda message: state.warnings.append(str(message)),
        allow_empty=allow_empty,
        limits=limits,
    )
    thread = threading.Thread(target=state.follow, args=(watcher, stop))
    thread.start()
    try:
        state.until(lambda: state.looks > 0 or state.ended.is_set() or bool(state.warnings))
        yield state
    finally:
        stop.set()
        thread.join()
    assert archive.agrees() or state.failure


def test_new_changed_renamed_and_removed_files(any_archive: Archive) -> None:
    any_archive.post("a.md", "图书馆甲")
    any_archive.post("深/b.md", "图书馆乙")
    with following(any_archive) as state:
        any_archive.post("新/更深/c.md", "图书馆丙")
        state.until_found("图书馆甲", "图书馆乙", "图书馆丙")
        any_archive.post("a.md", "图书馆新甲")
        state.until_found("图书馆新甲", "图书馆乙", "图书馆丙")
        (any_archive.folder / "深/b.md").rename(any_archive.folder / "e.md")
        (any_archive.folder / "新").rename(any_archive.folder / "旧")
        state.until(lambda: len(any_archive.texts()) == 3 and any_archive.agrees())
        (any_archive.folder / "e.md").unlink()
        shutil.rmtree(any_archive.folder / "旧")
        state.until_found("图书馆新甲")


def test_many_changes_are_few_runs(archive: Archive) -> None:
    with following(archive) as state:
        for number in range(600):
            archive.post(f"{number % 7}/{number}.md", f"第{number}篇")
        state.until(lambda: sum(report.added for report in state.reports) == 600)
        assert len(state.reports) < 300
        for number in range(0, 600, 2):
            (archive.folder / f"{number % 7}/{number}.md").unlink()
        state.until(lambda: sum(report.removed for report in state.reports) == 300)
        assert len(archive.texts()) == 300


def test_a_file_that_is_being_written_is_read_when_it_is_done(archive: Archive) -> None:
    """How long it takes decides how often it is read; in the end it is read as a whole."""
    archive.post("a.md", "图书馆旧")
    with following(archive) as state, (archive.folder / "a.md").open("w", encoding="utf-8") as file:
        for name in "bcd":
            file.write("图书馆，")
            file.flush()
            archive.post(f"{name}.md", f"钟楼{name}")
            state.until(lambda name=name: archive.find(f"钟楼{name}") != [])
        file.write("完。")
        file.flush()
        state.until_found("图书馆，图书馆，图书馆，完。")


def test_a_folder_in_the_place_of_another_is_followed(archive: Archive) -> None:
    archive.post("a.md", "图书馆甲")
    other = archive.folder.parent / "other"
    other.mkdir()
    (other / "b.md").write_text("图书馆乙", encoding="utf-8")
    with following(archive) as state:
        archive.folder.rename(archive.folder.with_name("away"))
        other.rename(archive.folder)
        state.until_found("图书馆乙")
        archive.post("c.md", "图书馆丙")  # in the new one: the old one would be watched still
        state.until_found("图书馆乙", "图书馆丙")


def test_a_followed_file_that_is_replaced_is_followed(archive: Archive) -> None:
    path = archive.lines("a.jsonl", {"1": "图书馆一"})
    archive.sync(IngestRequest([path]))
    with following(archive) as state:
        for number in "二三":
            archive.lines("new.jsonl", {"1": f"图书馆{number}"}).replace(path)
            state.until_found(f"图书馆{number}")


def test_a_folder_that_is_gone_stops_it(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    with following(archive, IMPATIENT) as state:
        archive.folder.rename(archive.folder.with_name("away"))
        assert "is gone. If it has moved" in str(state.until_it_fails())
    assert archive.find("图书馆") == ["图书馆"]
    assert any("Waiting for" in warning for warning in state.warnings)


def test_a_folder_that_is_empty_stops_it(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    with following(archive, IMPATIENT) as state:
        (archive.folder / "a.md").unlink()
        failure = state.until_it_fails()
        assert isinstance(failure, VanishedError)
        assert "posts is empty now, and the index has 1 articles of it" in str(failure)
    assert archive.find("图书馆") == ["图书馆"]


def test_a_folder_that_comes_back_is_followed_on(archive: Archive) -> None:
    archive.post("a.md", "图书馆甲")
    with following(archive) as state:
        archive.folder.rename(archive.folder.with_name("away"))
        state.until(lambda: len(state.warnings) == 1)
        archive.folder.with_name("away").rename(archive.folder)
        archive.post("b.md", "图书馆乙")
        state.until_found("图书馆甲", "图书馆乙")


def test_a_folder_may_be_emptied_where_that_is_allowed(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    with following(archive, allow_empty=True) as state:
        (archive.folder / "a.md").unlink()
        state.until_found()


def test_the_index_may_lie_in_the_folder(archive: Archive) -> None:
    """Neither are its files articles, nor does it write because it has written."""
    archive.directory = archive.folder / "index"
    archive.post("a.md", "图书馆甲")
    archive.settings = replace(archive.settings, dictionary=str(archive.write("words.txt", "放管服\n")))
    archive.sync()
    assert len(archive.texts()) == 2
    with following(archive) as state:
        archive.post("b.md", "图书馆乙")
        state.until_found("图书馆甲", "图书馆乙")
        archive.post("c.md", "图书馆丙")
        state.until_found("图书馆甲", "图书馆乙", "图书馆丙")


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("a.md", True),
        ("深/a.JSONL", True),
        ("gone", True),
        ("folder", True),
        ("picture.png", False),
        (".hidden/a.md", False),
        ("深/.a.md", False),
        ("index", False),
        ("index/gen-000001/dictionary.txt", False),
    ],
)
def test_what_no_run_would_look_at_is_not_heeded(archive: Archive, path: str, matters: bool) -> None:
    """Else writing to the index would be a reason to write to the index."""
    (archive.folder / "folder").mkdir()
    archive.write("picture.png", "")
    location = str(archive.folder / path)
    assert changes_matter(location, [archive.folder], archive.folder / "index") is matters


def test_it_goes_on_where_others_write_and_rebuild(archive: Archive) -> None:
    archive.post("a.md", "图书馆甲")
    with following(archive) as state:
        with IndexDirectory(archive.directory).write_lock():
            archive.post("b.md", "图书馆乙")
            state.until(lambda: len(state.warnings) == 1)
            assert f"is being written by process {os.getpid()}" in state.warnings[0]
        state.until_found("图书馆甲", "图书馆乙")
        other = archive.folder.parent / "others"
        other.mkdir()
        while archive.engine != "whoosh":
            try:
                archive.sync(IngestRequest([other], rebuild=True, engine="whoosh"))
                archive.engine = "whoosh"
            except SouwenError:
                continue  # the watcher was writing
        (other / "c.md").write_text("图书馆丙", encoding="utf-8")
        archive.post("d.md", "图书馆丁")
        state.until_found("图书馆甲", "图书馆乙", "图书馆丁", "图书馆丙")
        (other / "e.md").write_text("图书馆戊", encoding="utf-8")  # in a folder that was added meanwhile
        state.until_found("图书馆甲", "图书馆乙", "图书馆丁", "图书馆丙", "图书馆戊")
    assert IndexDirectory(archive.directory).current().meta.engine == "whoosh"


def test_a_dictionary_that_changes_waits_for_a_rebuild(archive: Archive) -> None:
    words = archive.folder.parent / "words.txt"
    words.write_text("放管服\n", encoding="utf-8")
    archive.settings = replace(archive.settings, dictionary=str(words))
    archive.post("a.md", "图书馆甲")
    with following(archive) as state:
        words.write_text("放管服\n跨省通办\n", encoding="utf-8")
        archive.post("b.md", "图书馆乙")
        state.until_found("图书馆甲", "图书馆乙")
        state.until(lambda: len(state.warnings) == 1)
        assert "To apply it, run: souwen index --rebuild" in state.warnings[0]
        words.unlink()
        archive.post("c.md", "图书馆丙")
        state.until_found("图书馆甲", "图书馆乙", "图书馆丙")
        state.until(lambda: len(state.warnings) == 2)
        assert "words.txt: No such file" in state.warnings[1]
        words.write_text("放管服\n", encoding="utf-8")
        archive.post("d.md", "图书馆丁")
        state.until_found("图书馆甲", "图书馆乙", "图书馆丙", "图书馆丁")
        assert len(state.warnings) == 2


def test_what_nobody_tells_of_is_found_by_a_round(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "changes_matter", lambda *_: False)
    with following(archive, WatchLimits(round_every=0.1, round_share=0)) as state:
        archive.post("a.md", "图书馆")
        state.until_found("图书馆")


def test_without_the_systems_help_it_says_what_to_do(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more watches are allowed: what watchfiles raises then."""

    def fail(*_: object, **__: object) -> Iterator[None]:
        raise OSError("OS file watch limit reached")

    archive.post("a.md", "图书馆")
    archive.sync()
    monkeypatch.setattr(watch_module.watchfiles, "watch", fail)
    watcher = Watcher(archive.directory, archive.settings, lambda _: IngestReport("", ""), print)
    with pytest.raises(InputError, match=r"watch limit reached\. Allow more .*WATCHFILES_FORCE_POLLING=true"):
        watcher.follow(threading.Event())


@pytest.mark.skipif(os.name != "posix", reason="no signals")
def test_it_ends_when_it_is_told_to(archive: Archive) -> None:
    archive.post("a.md", "图书馆")
    command = [sys.executable, "-W", "ignore", "-m", "cli", "index", str(archive.folder), "--watch"]
    command += ["--index", str(archive.directory)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stderr is not None
        assert b"Watching" in process.stderr.readline()
        process.terminate()
        _, rest = process.communicate(timeout=LIMIT)
        assert (process.returncode, rest) == (0, b"")
