"""Migration to another engine: articles are indexed from catalog or cluster, and no file is read again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace

from index.engines.base import Connection, Description, Engine, engine_class
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
    connection: Connection,
    progress: Callable[[int, int], None],
) -> Generation:
    """Makes a generation with another engine live, with the articles of the one before.

    A shared engine is joined where `url` already has an index; when one is left, this machine's documents
    are deleted there. `progress` gets the numbers of articles done and in all.
    """
    fresh = directory.create(replace(before.meta, engine=engine, url=url), before.dictionary)
    with closing(Catalog.open(before.catalog_file)) as catalog:
        catalog.copy_to(fresh.catalog_file)
    with closing(CatalogWriter.open(fresh.catalog_file)) as catalog:
        articles = catalog.count()
        if engine_class(before.meta.engine).keeps_articles:
            with closing(_open(before, connection)) as left:
                catalog.reread_unindexed()
                catalog.compare(left.digests())  # the run that follows reads what it lacks
                catalog.restore(left.own_articles())
        writer_id = directory.writer_id() if engine_class(engine).keeps_articles else ""
        description = Description(url, asdict(fresh.meta), before.dictionary, shards, writer_id)
        fill_engine(fresh, catalog, lambda done: progress(done, articles), description, connection)
    record_checksums(fresh)
    directory.publish(fresh)
    if engine_class(before.meta.engine).keeps_articles:
        with closing(_open(before, connection)) as left, closing(_open(fresh, connection)) as joined:
            if joined.uid != left.uid:  # else it is another address of the same index
                left.leave()
    return fresh


def _open(generation: Generation, connection: Connection) -> Engine:
    return engine_class(generation.meta.engine).open(generation.engine_directory, connection)
