"""Runs that are killed or fail at any moment: the next one mends what they left, and readers go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from archive import Archive
from forked import run_forked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import examples

from index.engines.base import EngineWriter, engine_class
from index.errors import IndexMissingError
from index.ingest import sync as sync_module
from index.ingest.sync import IngestRequest
from index.store.catalog_writer import CatalogWriter

# A run that kills itself with SIGKILL: `moment` says when.
RUN = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path

from index.store.catalog_writer import CatalogWriter
from index.engines.base import engine_class
from index.store.directory import IndexDirectory
from index.settings import Settings
from index.ingest.job import IngestRequest
from index.ingest.sync import sync

directory, folder, engine_name, moment, rebuild = sys.argv[1:]
engine = engine_class(engine_name)
real_writer, real_publish = engine.writer, IndexDirectory.publish
real_replace_file = CatalogWriter.replace_file

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_after(call):
    def replacement(*arguments):
        call(*arguments)
        die()
    return replacement

@contextmanager
def writer(self):
    with real_writer(self) as opened:
        if moment == "between the commits of catalog and engine":
            opened.commit = die
        elif moment == "between the commits of engine and catalog":
            opened.commit = dies_after(opened.commit)
        elif moment == "while the engine is told":
            opened.add = dies_after(opened.add)
        yield opened

engine.writer = writer
if moment == "while a file is stored":
    CatalogWriter.replace_file = dies_after(real_replace_file)
elif moment == "while articles are flagged as indexed":
    CatalogWriter.flag_as_indexed = die
elif moment == "before the swap":
    IndexDirectory.publish = die
elif moment == "after the swap":
    IndexDirectory.publish = dies_after(real_publish)
sync(Path(directory), IngestRequest([Path(folder)], engine=engine_name, rebuild=bool(rebuild)), Settings())
print("not killed")
"""
MOMENTS = (
    "while a file is stored",
    "while the engine is told",
    "between the commits of catalog and engine",
    "between the commits of engine and catalog",
    "while articles are flagged as indexed",
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")]


def killed_run(archive: Archive, moment: str, *, rebuild: bool = False) -> None:
    arguments = [
        str(archive.directory),
        str(archive.folder),
        archive.engine,
        moment,
        "yes" if rebuild else "",
    ]
    done = run_forked(RUN, *arguments)
    assert done.returncode == -9, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("engine", "moment"),
    [*(("tantivy", moment) for moment in MOMENTS), *(("whoosh", m) for m in MOMENTS[2:4])],
)
def test_what_a_killed_run_left_is_mended_by_the_next(archive: Archive, engine: str, moment: str) -> None:
    archive.engine = engine
    archive.post("a.md", "图书馆甲")
    archive.post("b.md", "图书馆乙")
    archive.lines("c.jsonl", {"1": "图书馆丙", "2": "图书馆丁"})
    archive.sync()
    archive.post("a.md", "图书馆新甲")
    (archive.folder / "b.md").unlink()
    archive.lines("c.jsonl", {"2": "图书馆丁", "3": "图书馆戊"})
    archive.post("d.md", "图书馆己")

    killed_run(archive, moment)
    # Whoever searches now finds a document for each of some articles, and no error.
    assert len(archive.find("图书馆")) == len(set(archive.find("图书馆"))) >= 4

    report = archive.sync()
    assert report.generation == "gen-000001"
    assert archive.find("图书馆") == sorted(["图书馆新甲", "图书馆丁", "图书馆戊", "图书馆己"])
    assert archive.agrees()
    assert archive.sync().unchanged == 3


@pytest.mark.parametrize("moment", [MOMENTS[0], MOMENTS[2], "before the swap", "after the swap"])
def test_a_first_run_that_is_killed_is_continued(archive: Archive, moment: str) -> None:
    archive.post("a.md", "图书馆甲")
    archive.post("b.md", "图书馆乙")
    killed_run(archive, moment)
    archive.sync()
    assert archive.find("图书馆") == ["图书馆乙", "图书馆甲"]
    assert archive.agrees()
    assert len(list(archive.directory.glob("gen-*"))) == 1


def test_the_folders_of_a_killed_first_run_are_remembered(archive: Archive) -> None:
    archive.post("a.md", "文")
    killed_run(archive, "while a file is stored")
    assert archive.sync(IngestRequest()).articles == 1


@pytest.mark.parametrize("moment", [MOMENTS[2], "before the swap", "after the swap"])
def test_a_killed_rebuild_leaves_the_old_index_or_the_new(archive: Archive, moment: str) -> None:
    archive.post("a.md", "图书馆旧")
    archive.sync()
    archive.post("a.md", "图书馆新")
    killed_run(archive, moment, rebuild=True)
    assert archive.find("图书馆") == (["图书馆新"] if moment == "after the swap" else ["图书馆旧"])
    archive.sync()
    assert archive.find("图书馆") == ["图书馆新"]
    assert len(list(archive.directory.glob("gen-*"))) == 1


# Any sequence of changes and failures, against a model.


class FailureError(Exception):
    """What a test lets happen."""


@contextmanager
def failing(archive: Archive, moment: str) -> Iterator[None]:
    """Lets a run of the archive fail. What a failure leaves on disk is what a kill leaves, since nobody
    commits after it."""
    engine: Any = engine_class(archive.engine)
    real_writer = engine.writer

    def fail(*_: object) -> None:
        raise FailureError

    def fails_after(call: Callable[..., object]) -> Callable[..., None]:
        def replacement(*arguments: object) -> None:
            call(*arguments)
            raise FailureError

        return replacement

    @contextmanager
    def writer(self: object) -> Iterator[EngineWriter]:
        with real_writer(self) as opened:
            if moment == "before the engine":
                opened.commit = fail
            elif moment == "after the engine":
                opened.commit = fails_after(opened.commit)
            yield opened

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "writer", writer)
        if moment == "before the catalog":
            patch.setattr(CatalogWriter, "replace_file", fails_after(CatalogWriter.replace_file))
        elif moment == "flagging":
            patch.setattr(CatalogWriter, "flag_as_indexed", fail)
        yield


FILES = ("a.jsonl", "b.jsonl", "深/a.jsonl", "z.jsonl")
# What a file holds: texts by id. None: the file goes.
CONTENTS = st.one_of(st.none(), st.dictionaries(st.sampled_from("1234"), st.sampled_from("甲乙"), max_size=3))
STEPS = st.tuples(
    st.dictionaries(st.sampled_from(FILES), CONTENTS, max_size=3),
    st.sampled_from(["", "", "before the catalog", "before the engine", "after the engine", "flagging"]),
)


@settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=1, max_size=4), st.sampled_from([1, 3, 10_000]))
def test_whatever_happens_the_index_is_what_the_files_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], commit_every: int
) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / "posts").mkdir()
    archive = Archive(folder / "posts", folder / "index")
    files: dict[str, dict[str, str]] = {}
    for number, (changes, moment) in enumerate(steps):
        for name, content in changes.items():
            if content is not None:
                files[name] = {i: f"图书馆{i}在{name}{text}" for i, text in content.items()}
                # Two steps may follow one another within the clock's resolution.
                os.utime(archive.lines(name, files[name]), ns=(0, number))
            elif files.pop(name, None) is not None:
                (archive.folder / name).unlink()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sync_module, "COMMIT_EVERY", commit_every)
            if moment:
                with failing(archive, moment):
                    try:
                        archive.sync()
                    except FailureError:
                        consistent(archive)
                    else:
                        continue
            archive.sync()
        expected: dict[str, str] = {}
        for name in sorted(files, key=lambda name: f"posts/{name}", reverse=True):
            expected |= files[name]  # the smallest path wins
        assert archive.texts() == expected
        assert archive.find("图书馆") == sorted(expected.values())
        assert archive.agrees()
        lost = sum(map(len, files.values())) - len(expected)
        assert len(archive.problems()) == lost
        assert all(problem.lost for problem in archive.problems())
        report = archive.sync()
        assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, len(files))


def consistent(archive: Archive) -> None:
    """Between a failure and the next run: no document without its article, and none twice."""
    try:
        found = archive.find("图书馆")
    except IndexMissingError:
        return
    assert len(found) == len(set(found))
