"""A run of `index/ingest/sync.py`: what is asked for, how far it is, what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: files done, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What to index, and how.

    `engine`, `url` (of a cluster), `shards` and `segmenter` are for a new index or a rebuilt one; empty,
    they are what the index had, or the defaults. Another engine alone needs no rebuild. `ledger` is whose
    part of a cluster's index a new index directory takes over: one that was lost. `forget` names
    folders to follow no longer. `allow_empty` lets a run take out all or most of what there is (see
    `index.ingest.safeguards`). `settle` are seconds in which a file that has just changed must stay as it
    is; else it is left for the next run. `keep` goes on with what the index was made with, whatever the
    settings are now.
    """

    paths: Sequence[Path] = ()
    rebuild: bool = False
    engine: str = ""
    url: str = ""
    shards: int = 0
    ledger: str = ""
    segmenter: str = ""
    jobs: int = 1
    forget: Sequence[str] = ()
    allow_empty: bool = False
    settle: float = 0.0
    keep: bool = False


@dataclass(slots=True)
class IngestReport:
    """What a run did. Articles are counted, but for `unchanged` and `ignored`, which count files.

    `lost` and `doubtful` count the problems of the whole index (see `index.article.Problem`); `unsettled`
    files were being written.
    """

    generation: str
    engine: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    unsettled: int = 0
    articles: int = 0
    lost: int = 0
    doubtful: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
