"""Migration to another engine: articles are indexed from where they are kept, and no file is read again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from typing import cast

from index.engines.base import SHARED, Description, SharedEngine, engine_class
from index.maintenance.reindex import fill_engine
from index.store.catalog import Catalog
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import Generation, IndexDirectory


def migrate(
    directory: IndexDirectory,
    before: Generation,
    engine: str,
    url: str,
    shards: int,
    progress: Callable[[int, int], None],
) -> Generation:
    """Makes a generation with another engine live, with the articles of the one before. An engine that other
    machines use, too, is joined where there is one at `url`; one that is left loses what this machine wrote.

    `progress` is told how many articles are done, of how many.
    """
    fresh = directory.create(replace(before.meta, engine=engine, url=url), before.dictionary)
    with closing(Catalog.open(before.catalog_file)) as catalog:
        catalog.copy_to(fresh.catalog_file)
    with closing(CatalogWriter.open(fresh.catalog_file)) as catalog:
        articles = catalog.count()
        if before.meta.engine in SHARED:
            with closing(_shared(before)) as left:
                catalog.reread_unindexed()
                catalog.compare(left.digests())  # the run that follows reads what it lacks
                catalog.restore(left.own_articles())
        writer_id = directory.writer_id() if engine in SHARED else ""
        description = Description(url, asdict(fresh.meta), before.dictionary, shards, writer_id)
        fill_engine(fresh, catalog, lambda done: progress(done, articles), description)
    record_checksums(fresh)
    directory.publish(fresh)
    if before.meta.engine in SHARED:
        with closing(_shared(before)) as left:
            if not _is_at(left, fresh):
                left.leave()
    return fresh


def _is_at(left: SharedEngine, fresh: Generation) -> bool:
    """True if a generation is in the very index that is left: at another address of the same cluster."""
    if fresh.meta.engine not in SHARED:
        return False
    with closing(_shared(fresh)) as engine:
        return engine.uid == left.uid


def _shared(generation: Generation) -> SharedEngine:
    return cast(SharedEngine, engine_class(generation.meta.engine).open(generation.engine_directory))
