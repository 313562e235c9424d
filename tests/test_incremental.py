"""An index that has followed its folder through any changes answers like one that is made anew."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive import Archive
from engines import EMBEDDED
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from index.ingest.sync import IngestRequest
from search.request import SearchRequest
from search.searcher import Searcher

pytestmark = pytest.mark.slow

# Sequences of changes for each engine; more by hand: bench/README.md.
EXAMPLES = int(os.environ.get("FOLLOWING_EXAMPLES", "5"))
FOLDERS = ("", "甲", "甲/深", "乙")
NAMES = tuple(
    f"{folder}/{name}".lstrip("/")
    for folder, name in itertools.product(FOLDERS, ("a.md", "b.jsonl", "c.txt", "d.jsonl"))
)
TEXTS = st.text("图书馆藏新闻，。 ab1", max_size=12)
QUERIES = (
    "图书馆",
    "图书 新闻",
    '"书馆"',
    "馆 -新",
    "title:新",
    "author:甲",
    "图书 OR ab1",
    "新*",
    "date:2020..2022",
    '"图 馆"~3',
    "b",
)


class Following(RuleBasedStateMachine):
    """Files come, change, move and go; every now and then the index follows."""

    engine = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = Archive(Path(self.folder.name, "posts"), Path(self.folder.name, "index"), self.engine)
        self.archive.folder.mkdir()
        self.clock = itertools.count(10**18, 10**9)
        self.archive.sync()

    def teardown(self) -> None:
        self.follow()
        self.folder.cleanup()

    def stamp(self, path: Path) -> None:
        """Two changes may come within one tick of the real clock."""
        now = next(self.clock)
        os.utime(path, ns=(now, now))

    @rule(
        name=st.sampled_from(NAMES),
        text=TEXTS,
        title=TEXTS,
        author=st.sampled_from("甲乙"),
        year=st.integers(2019, 2023),
        ids=st.lists(st.sampled_from("12345"), max_size=3),
    )
    def write(self, name: str, text: str, title: str, author: str, year: int, ids: list[str]) -> None:
        if name.endswith(".jsonl"):
            path = self.archive.lines(name, {i: f"{text}{i}{author}" for i in ids})
        else:
            head = f"title: '{title}'\nauthor: {author}\ndate: {year}-03-04\n"
            path = self.archive.write(name, f"---\n{head}---\n<p>{text}</p>")
        self.stamp(path)

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        (self.archive.folder / name).unlink(missing_ok=True)

    @rule(source=st.sampled_from(NAMES), to=st.sampled_from(NAMES))
    def rename(self, source: str, to: str) -> None:
        source_path, target_path = self.archive.folder / source, self.archive.folder / to
        if source_path.is_file():
            target_path.parent.mkdir(parents=True, exist_ok=True)
            source_path.replace(target_path)

    @rule(source=st.sampled_from(FOLDERS[1:]), to=st.sampled_from(FOLDERS[1:]))
    def rename_folder(self, source: str, to: str) -> None:
        """The target is replaced."""
        source_path, target_path = self.archive.folder / source, self.archive.folder / to
        if source_path.is_dir() and not source.startswith(to) and not to.startswith(source):
            shutil.rmtree(target_path, ignore_errors=True)
            target_path.parent.mkdir(parents=True, exist_ok=True)
            source_path.rename(target_path)

    @rule(name=st.sampled_from(NAMES))
    def touch(self, name: str) -> None:
        if (self.archive.folder / name).is_file():
            self.stamp(self.archive.folder / name)

    @rule()
    def rebuild(self) -> None:
        self.archive.sync(IngestRequest(rebuild=True))

    @rule()
    def follow(self) -> None:
        self.archive.sync()
        fresh = replace(self.archive, directory=Path(self.folder.name, "fresh"))
        fresh.sync()
        try:
            assert answers(self.archive) == answers(fresh)
            assert sorted(map(str, self.archive.problems())) == sorted(map(str, fresh.problems()))
            assert self.archive.agrees()
        finally:
            shutil.rmtree(fresh.directory)


def answers(archive: Archive) -> dict[str, Any]:
    """What is found, in order where the order is that of dates; scores are those of the statistics, in which
    an engine counts removed documents until it merges their segment."""
    found: dict[str, Any] = {"texts": archive.texts()}
    with closing(Searcher(archive.directory, archive.settings)) as searcher:
        for query in QUERIES:
            newest = searcher.search(SearchRequest(query, sort="newest", size=100))
            best = searcher.search(SearchRequest(query, size=100))
            found[query] = (
                newest.total,
                [hit.article for hit in newest.hits],
                best.total,
                {hit.article.id for hit in best.hits},
                {name: sorted(map(str, values)) for name, values in best.facets.items()},
            )
    return found


@pytest.mark.parametrize("engine", EMBEDDED)
def test_following_gives_what_a_fresh_index_gives(engine: str) -> None:
    machine = type("Following", (Following,), {"engine": engine})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=12))
