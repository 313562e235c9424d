"""Catalog → engine: documents made of what the catalog holds, without the files they came from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import islice

from index.analysis import Analyzer
from index.analysis.document import make_documents
from index.article import pack
from index.engines.base import NOWHERE, SHARED, Description, EngineWriter, engine_class
from index.settings import zone
from index.store.catalog import Catalog
from index.store.catalog_writer import CatalogWriter
from index.store.directory import Generation

# Articles that are analysed together.
_AT_ONCE = 100


def replay(
    catalog: Catalog,
    writer: EngineWriter,
    generation: Generation,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Tells the engine what the catalog has marked: what a run that was killed between two commits could not.
    How many articles that were; `progress` is told how many are done."""
    analyzer = Analyzer(generation.meta.segmenter, generation.dictionary)
    timezone = zone(generation.meta.timezone)
    marked = catalog.unsettled()
    done = 0
    while batch := list(islice(marked, _AT_ONCE)):
        for article_id, _ in batch:
            writer.delete(article_id)
        articles = [article for _, article in batch if article is not None]
        for article, document in zip(articles, make_documents(articles, analyzer, timezone), strict=True):
            writer.add(document, pack(article))
        done += len(batch)
        progress(done)
    return done


def fill_engine(
    generation: Generation,
    catalog: CatalogWriter,
    progress: Callable[[int], None] = lambda _: None,
    description: Description = NOWHERE,
) -> None:
    """Makes a new engine for all articles of the catalog."""
    catalog.mark_all()
    kind = engine_class(generation.meta.engine)
    with closing(kind.create(generation.engine_directory, description)) as engine, engine.writer() as writer:
        replay(catalog, writer, generation, progress)
        catalog.keeps_texts = generation.meta.engine not in SHARED
        settle(catalog, writer)


def settle(catalog: CatalogWriter, writer: EngineWriter) -> int:
    """Commits the engine, and then the catalog. How many articles the engine could not take: they are
    listed as problems."""
    refused = writer.commit()
    for article_id, reason in refused.items():
        catalog.refuse(article_id, reason)
    catalog.settle()
    return len(refused)
