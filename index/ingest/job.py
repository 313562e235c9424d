"""Request and report of a run of `index/ingest/sync.py`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Processes that the one which writes keeps up with: it takes 0.3 ms an article, and they take 1.9.
_MOST_JOBS = 6
# Cores of which each has a process; of more, some are left to the writing process and the engine.
_FEW_CORES = 2


def default_jobs() -> int:
    """The number of processes that read files, for the cores of this machine."""
    cores = os.cpu_count() or 1
    return cores if cores <= _FEW_CORES else min(_MOST_JOBS, cores - max(1, cores // 4))


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """The folders to index, and options.

    `engine`, `url` (of a cluster), `shards` and `segmenter` are for a new index or a rebuilt one; empty,
    they are what the index had, or the defaults. Another engine alone needs no rebuild. `writer_id` is that
    of an index directory that was lost: a new one takes over its part of an index on a cluster. `forget`
    names folders to follow no longer. `allow_empty` lets a run take out all or most of what there is (see
    `index.ingest.safeguards`). `field_map` says what records call their fields, as `text=paragraphs`;
    empty, it is what the index has noted. `debounce` are seconds in which a file that has just changed must
    stay as it is; else it is left for the next run. `drafts` takes drafts and the like in, or
    leaves them out again; None does as before. `keep` goes on with what the index was made with, whatever the
    settings are now. `check` compares the content of all files, also of those that look as they did. `wait`
    waits for another writer to end.
    """

    paths: Sequence[Path] = ()
    rebuild: bool = False
    engine: str = ""
    url: str = ""
    shards: int = 0
    writer_id: str = ""
    segmenter: str = ""
    jobs: int = 1
    forget: Sequence[str] = ()
    field_map: Sequence[str] = ()
    allow_empty: bool = False
    debounce: float = 0.0
    drafts: bool | None = None
    keep: bool = False
    check: bool = False
    wait: bool = False


@dataclass(slots=True)
class IngestReport:
    """The result of a run. Articles are counted, but for `unchanged` and `ignored`, which count files.

    `lost`, `partial` and `guess` count the problems of the whole index (see `index.article.ProblemKind`):
    files or lines of which nothing, or not all, is indexed. `empty` counts its articles without text, and
    `left_out` files and folders by reason. Files that were `being_written` are left for the next run.
    """

    generation: str
    engine: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    being_written: int = 0
    articles: int = 0
    lost: int = 0
    partial: int = 0
    guess: int = 0
    empty: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
