"""Statistics of an index."""

from __future__ import annotations

from dataclasses import dataclass

from index.article import ProblemKind, format_date
from index.files import total_size
from index.store.reader import OpenIndex

_RUNS = 10


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts, sizes in bytes, dates in seconds since 1970.

    `problems` counts files and lines by kind. `runs` are the last runs that changed something, the latest
    first. `generations` has the sizes of those on the disk.

    On a machine that only reads an index on a cluster there is no catalog: what only a catalog tells is None
    or empty.
    """

    articles: int
    engine: str
    segmenter: str
    generation: str
    timezone: str
    oldest: int | None
    newest: int | None
    problems: dict[ProblemKind, int] | None
    catalog_bytes: int
    engine_bytes: int
    files: int | None
    generations: dict[str, int]
    folders: dict[str, str]
    runs: tuple[dict[str, object], ...]


def read_stats(index: OpenIndex) -> Stats:
    """The numbers of an open index."""
    oldest, newest = index.articles.dates()
    catalog, catalog_bytes, generations = index.catalog, 0, {}
    if index.generation is not None:
        path = index.generation.path
        catalog_bytes = total_size(path.glob("catalog.sqlite*"))
        generations = {each.name: total_size(each.rglob("*")) for each in sorted(path.parent.glob("gen-*"))}
    engine_bytes = index.engine.bytes()
    if index.engine.name:
        generations |= {index.engine.name: engine_bytes}
    last_runs = catalog.last_runs(_RUNS) if catalog else []
    runs: tuple[dict[str, object], ...] = tuple(
        {**run, "started": format_date(int(run["started"]))} for run in last_runs
    )
    return Stats(
        articles=index.articles.count(),
        engine=index.meta.engine,
        segmenter=index.meta.segmenter,
        generation=index.name,
        timezone=index.meta.timezone,
        oldest=oldest,
        newest=newest,
        problems=catalog.count_problems() if catalog else None,
        catalog_bytes=catalog_bytes,
        engine_bytes=engine_bytes,
        files=catalog.count_files() if catalog else None,
        generations=generations,
        folders={name: str(location) for name, location in catalog.roots().items()} if catalog else {},
        runs=runs,
    )
