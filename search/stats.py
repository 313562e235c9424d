"""What an index holds, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from index.article import format_date
from index.reader import OpenIndex

_RUNS = 10


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts, sizes in bytes, dates in seconds since 1970. `runs` are the last that changed something, the
    latest first; `generations` has the size of each that is on the disk."""

    articles: int
    engine: str
    segmenter: str
    generation: str
    timezone: str
    oldest: int | None
    newest: int | None
    lost: int
    doubtful: int
    catalog_bytes: int
    engine_bytes: int
    files: int
    generations: dict[str, int]
    folders: dict[str, str]
    runs: tuple[dict[str, object], ...]
    last_run: dict[str, object] | None


def read_stats(index: OpenIndex) -> Stats:
    """The numbers of an open index."""
    oldest, newest = index.catalog.dates()
    problems = Counter(problem.lost for problem in index.catalog.problems())
    generation = index.generation
    runs: tuple[dict[str, object], ...] = tuple(
        {**run, "started": format_date(int(run["started"]))} for run in index.catalog.last_runs(_RUNS)
    )
    return Stats(
        articles=index.catalog.count(),
        engine=index.meta.engine,
        segmenter=index.meta.segmenter,
        generation=generation.path.name,
        timezone=index.meta.timezone,
        oldest=oldest,
        newest=newest,
        lost=problems[True],
        doubtful=problems[False],
        catalog_bytes=sum(_size(path) for path in generation.path.glob("catalog.sqlite*")),
        engine_bytes=sum(_size(path) for path in generation.engine_directory.rglob("*")),
        files=index.catalog.count_files(),
        generations={
            path.name: sum(_size(file) for file in path.rglob("*"))
            for path in sorted(generation.path.parent.glob("gen-*"))
        },
        folders={name: str(location) for name, location in index.catalog.roots().items()},
        runs=runs,
        last_run=runs[0] if runs else None,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a segment that was merged away meanwhile
        return 0
