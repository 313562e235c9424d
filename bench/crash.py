"""Kills whoever writes, again and again: `python bench/crash.py [--kills 1000] [--engine tantivy] [--seed 1]`

A small archive changes; a process updates its index, rebuilds it, or watches it; and at a random moment it
gets SIGKILL; of the rebuilds, half get it while the new generation replaces the old one, which is
too short to be met by chance. After each kill

- the index opens, and each article is found as it was before or as it is now (after an update or a
  rebuild, which commit once: all of them as before, or all as now);
- the next run needs nobody's help: no lock is held, catalog, engine and files agree, each article is found
  by what its file holds, and nothing is left behind, neither a generation nor a file of the engine;
- and one reader, which stays open all the time, has had no error.

What does not hold is printed as a violation, and the exit code is 1. The processes are forks of one that
has loaded everything and opened nothing; needs a system with fork.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whoosh import index as whoosh_index

from index.analysis import Analyzer
from index.analysis.grams import phrase_grams
from index.engines.base import ENGINES, Sort, engine_class
from index.engines.nodes import GramPhrase
from index.engines.tantivy.writer import TantivyWriter
from index.engines.whoosh.engine import WhooshWriter
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.sync import sync
from index.ingest.watch import Watcher
from index.maintenance.verify import verify
from index.settings import Settings
from index.store.catalog_writer import CatalogWriter
from index.store.directory import IndexDirectory
from index.store.reader import IndexReader, OpenIndex
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

FILES = 30
PHASES = ("reading and storing", "commit of the engine", "commit of the catalog", "swap")
SWAP = PHASES.index("swap")
# Engines without a service of their own.
EMBEDDED = tuple(name for name in ENGINES if not engine_class(name).keeps_articles)
# Seconds that a swap takes at most, mostly: its files have to reach the disk.
SWAP_SECONDS = 0.01
_phase = mmap.mmap(-1, 1)  # shared with the forks: where the writer is

Texts = dict[str, str]  # what each file says, by name


@dataclass
class World:
    """An archive, what its files say, and how long its operations take."""

    root: Path
    engine: str
    random: random.Random
    texts: Texts = field(default_factory=dict)
    version: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "posts"

    @property
    def index(self) -> Path:
        return self.root / "index"

    def change(self) -> None:
        """Writes, removes or renames a file; each at once, as whoever cares about readers does."""
        name = f"{self.random.randrange(3)}/{self.random.randrange(FILES)}.md"
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in self.texts and self.random.random() < 0.3:
            path.unlink()
            del self.texts[name]
            return
        self.version += 1
        self.texts[name] = f"图书馆第{self.version}版"
        path.with_suffix(".tmp").write_text(self.texts[name], encoding="utf-8")
        path.with_suffix(".tmp").replace(path)

    def run(self, operation: str) -> None:
        """What is killed. A watcher has no end."""
        settings = SearchSettings()
        request = IngestRequest(
            [self.folder], engine="" if self.index.exists() else self.engine, allow_empty=True
        )
        sync(self.index, replace(request, rebuild=operation == "rebuild"), settings)
        if operation == "watch":

            def run(again: IngestRequest) -> IngestReport:
                return sync(self.index, again, settings)

            Watcher(self.index, settings, run, print, allow_empty=True).follow(threading.Event())


def in_child(work: Callable[[], object]) -> tuple[int, int]:
    """Starts a fork that does some work; gives its process id and where it writes what went wrong."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 0
    try:
        os.close(reading)
        work()
    except BaseException:  # noqa: BLE001  # the parent tells
        os.write(writing, traceback.format_exc().encode()[-4000:])
        status = 1
    os._exit(status)


def has_ended(child: int) -> bool:
    """Whether a fork is done; it still has to be waited for."""
    return bool(os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT))


def end(child: int, reading: int) -> str:
    """Waits for a fork; gives what went wrong."""
    with os.fdopen(reading, encoding="utf-8", errors="replace") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return said or ("" if os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL) else f"status {status}")


def found_as(index: OpenIndex, text: str) -> list[str]:
    """The ids of the articles that the engine finds by a text."""
    tree = GramPhrase("body_grams", phrase_grams(index.analyzer.units(text)))
    return [hit.id for hit in index.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=1000).hits]


def check_state(world: World, states: list[Texts], *, is_whole: bool) -> None:
    """Each article is as in one of the states of the files, in the engine and in the catalog; if `is_whole`,
    all as in the same."""
    with closing(IndexReader(world.index)) as reader, reader.acquire() as index:
        articles = {article.path.removeprefix("posts/"): article for article in index.articles.all_articles()}
        held = index.engine.ids()
        readable = index.articles.articles(list(held))
        assert held == readable.keys(), "documents without an article"
        seen: Texts = {}
        texts = {(name, text) for state in states for name, text in state.items()}
        for name, text in texts:
            ids = found_as(index, text)
            assert len(ids) <= 1, f"{text} twice"
            if ids:
                assert seen.setdefault(name, text) == text, f"{name} is found as two versions"
                assert readable[ids[0]].path == f"posts/{name}"
        assert len(seen) == len(held), f"{len(held)} documents, {len(seen)} known"
        for name, article in articles.items():
            assert (name, article.text) in texts, f"{name} says {article.text}"
        for name in set.intersection(*(set(state) for state in states)):
            assert name in seen, f"{name} is lost"
        assert not is_whole or seen in states, "neither the state before nor the one after"


def check_next_run(world: World) -> None:
    """The next run mends everything."""
    with closing(IndexReader(world.index)) as reader, reader.acquire() as index:
        before = index.generation
        orphans = {name for name in names_in(before.engine_directory) if not belongs(name, index)}
    sync(world.index, IngestRequest([world.folder], allow_empty=True), Settings())
    with closing(IndexReader(world.index)) as reader, reader.acquire() as index:
        findings = verify(world.index)
        assert findings.agree, findings
        articles = {a.path.removeprefix("posts/"): a.text for a in index.articles.all_articles()}
        assert articles == world.texts, "the catalog is not what the files say"
        for text in world.texts.values():
            assert len(found_as(index, text)) == 1, f"{text} is not found"
        names = names_in(world.index)
        assert names == {"current", "write.lock", index.generation.path.name}, names
        assert (world.index / "write.lock").stat().st_size == 0
        left = orphans & names_in(index.generation.engine_directory) if index.generation == before else set()
        assert not left, f"left behind: {left}"
        parts = names_in(index.generation.path)
        parts -= {"catalog.sqlite-wal", "catalog.sqlite-shm"}  # of the reader that stays open
        assert parts <= {"meta.json", "engine", "checksums.json", "catalog.sqlite"}, parts


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def belongs(name: str, index: OpenIndex) -> bool:
    """Whether a file of the engine is part of its last commit."""
    directory = index.generation.engine_directory
    if index.meta.engine == "tantivy":
        meta = json.loads((directory / "meta.json").read_text(encoding="utf-8"))
        segments = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
        own = name in ("meta.json", ".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock")
        return own or name.partition(".")[0] in segments
    opened = whoosh_index.open_dir(str(directory))
    segments = {segment.segment_id() for segment in opened._segments()}
    toc = f"_MAIN_{opened.latest_generation()}.toc"
    part = re.match(r"(MAIN_[0-9a-z]+)\.", name)
    return name in (toc, "MAIN_WRITELOCK") or bool(part and part[1] in segments)


def search_on(world: World, stop: Path) -> None:
    """The reader that stays open: any failure is its end."""
    with closing(Searcher(world.index, SearchSettings())) as searcher:
        while not stop.exists():
            results = searcher.search(SearchRequest("图书馆", size=50, fold="off"))
            assert len(results.hits) <= results.total <= 3 * FILES
            time.sleep(0.02)


def mark_phases() -> None:
    """Has the writer note where it is, for the table of where it was killed."""

    def noting(owner: Any, name: str, phase: int) -> None:
        real = getattr(owner, name)

        def noted(*arguments: Any) -> Any:
            before, _phase[0] = _phase[0], phase
            try:
                return real(*arguments)
            finally:
                _phase[0] = before

        setattr(owner, name, noted)

    for writer in (TantivyWriter, WhooshWriter):
        noting(writer, "commit", 1)
    noting(CatalogWriter, "commit", 2)
    noting(IndexDirectory, "publish", SWAP)


def kill_once(world: World) -> tuple[str, str, str]:
    """One operation, killed. Gives the operation, the phase (empty: it was done), and what went wrong."""
    operation = world.random.choice(("update", "update", "rebuild", "watch"))
    before = dict(world.texts)
    states = [before]
    if operation != "watch":
        for _ in range(world.random.randint(1, 8)):
            world.change()
    aims_at_swap = operation == "rebuild" and world.random.random() < 0.5
    _phase[0] = 0
    started = time.monotonic()
    child, reading = in_child(lambda: world.run(operation))
    usual = statistics.median(world.seconds.get(operation, [0.3])[-20:])
    if operation == "watch":
        deadline = started + world.random.uniform(0.3, 1.8)
        while (left := deadline - time.monotonic()) > 0:
            world.change()
            states.append(dict(world.texts))
            time.sleep(min(left, world.random.uniform(0, 0.3)))
    elif aims_at_swap:
        while _phase[0] != SWAP and not has_ended(child):
            time.sleep(0.0002)
        time.sleep(world.random.uniform(0, SWAP_SECONDS))
    else:
        deadline = started + world.random.uniform(0, usual * 1.2)
        while time.monotonic() < deadline and not has_ended(child):
            time.sleep(0.002)
    ended = has_ended(child)
    os.kill(child, signal.SIGKILL)
    wrong = end(child, reading)
    if ended:
        world.seconds.setdefault(operation, []).append(time.monotonic() - started)
    phase = "" if ended else PHASES[_phase[0]]
    states = [before, world.texts] if operation != "watch" else states
    wrong += end(*in_child(lambda: check_state(world, states, is_whole=operation != "watch")))
    wrong += end(*in_child(lambda: check_next_run(world)))
    return operation, phase, wrong


def crash(engine: str, kills: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Kills so many writers; counts where they were, and tells what went wrong."""
    killed: Counter[tuple[str, str]] = Counter()
    violations: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), engine, random.Random(seed))
        for _ in range(FILES):
            world.change()
        problem = end(*in_child(lambda: world.run("update")))
        assert not problem, problem
        stop = Path(folder, "stop")
        searching = in_child(lambda: search_on(world, stop))
        while killed.total() < kills and len(violations) < 5:
            operation, phase, wrong = kill_once(world)
            if wrong:
                violations.append(
                    f"{engine}, seed {seed}, kill {killed.total() + 1}, {operation}, {phase}: {wrong}"
                )
            if phase:
                killed[operation, phase] += 1
                if killed.total() % 100 == 0:
                    print(f"{engine}: {killed.total()} kills, {len(violations)} violations", flush=True)
        stop.touch()
        if wrong := end(*searching):
            violations.append(f"{engine}, seed {seed}: the reader: {wrong}")
    return killed, violations


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, help="of each engine")
    parser.add_argument("--engine", choices=list(EMBEDDED), action="append")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    Analyzer().words("词典")
    import index.analysis.bulk  # noqa: F401  # before the forks, not in each

    for engine in EMBEDDED:
        engine_class(engine)
    mark_phases()
    all_violations: list[str] = []
    for engine in options.engine or EMBEDDED:
        killed, violations = crash(engine, options.kills, options.seed)
        print(f"\n{engine}: {killed.total()} kills, {len(violations)} violations")
        for (operation, phase), count in sorted(killed.items()):
            print(f"  {operation:8} {phase:22} {count:5}")
        all_violations += violations
    for violation in all_violations:
        print(f"\nVIOLATION: {violation}")
    sys.exit(bool(all_violations))


if __name__ == "__main__":
    main()
