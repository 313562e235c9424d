"""Catalog → engine: documents made of what the catalog holds, without the files they came from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import islice

from index.analysis import Analyzer
from index.catalog import Catalog
from index.catalog_writer import CatalogWriter
from index.document import make_documents
from index.engine import EngineWriter, engine_class
from index.generation import Generation
from index.settings import zone

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
        for document in make_documents([a for _, a in batch if a is not None], analyzer, timezone):
            writer.add(document)
        done += len(batch)
        progress(done)
    return done


def fill_engine(
    generation: Generation, catalog: CatalogWriter, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Makes a new engine for all articles of the catalog."""
    catalog.mark_all()
    with closing(engine_class(generation.meta.engine).create(generation.engine_directory)) as engine:
        with engine.writer() as writer:
            replay(catalog, writer, generation, progress)
            writer.commit()
        catalog.settle()
