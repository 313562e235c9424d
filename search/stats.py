"""What an index holds, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from index.article import format_date
from index.reader import OpenIndex


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts, sizes in bytes, dates in seconds since 1970. `last_run` is the last that changed something."""

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
    folders: dict[str, str]
    last_run: dict[str, object] | None


def read_stats(index: OpenIndex) -> Stats:
    """The numbers of an open index."""
    oldest, newest = index.catalog.dates()
    problems = Counter(problem.lost for problem in index.catalog.problems())
    generation = index.generation
    run = index.catalog.last_run()
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
        folders={name: str(location) for name, location in index.catalog.roots().items()},
        last_run=None if run is None else {**run, "started": format_date(int(run["started"]))},
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a segment that was merged away meanwhile
        return 0
