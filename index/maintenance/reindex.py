"""Catalog → engine: documents are made from the stored articles, without their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice

from index.analysis import Analyzer
from index.analysis.document import make_documents
from index.article import Article, article_digest
from index.engines.base import ANONYMOUS, NOWHERE, Connection, Description, EngineWriter, engine_class
from index.errors import IndexDamagedError
from index.packing import pack
from index.settings import zone
from index.store.catalog_writer import CatalogWriter
from index.store.directory import Generation

# Articles that are analysed together.
_AT_ONCE = 100


def reindex(
    catalog: CatalogWriter,
    writer: EngineWriter,
    generation: Generation,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Indexes the articles that the catalog has flagged as not yet indexed: those of a run that was killed
    between two commits. Returns their number; `progress` is told how many are done.

    An article that fails its digest is not told to the engine, which keeps what it has of it: its file is to
    be read again.
    """
    analyzer = Analyzer(generation.meta.segmenter, generation.dictionary)
    timezone = zone(generation.meta.timezone)
    unindexed = _unindexed(catalog)
    done = 0
    while batch := list(islice(unindexed, _AT_ONCE)):
        for article_id, _ in batch:
            writer.delete(article_id)
        articles = [article for _, article in batch if article is not None]
        for article, document in zip(articles, make_documents(articles, analyzer, timezone), strict=True):
            catalog.store_sketch(document.id, document.sketch)
            writer.add(document, pack(article))
        done += len(batch)
        progress(done)
    return done


def _unindexed(catalog: CatalogWriter) -> Iterator[tuple[str, Article | None]]:
    """The changes that the engine may not know of: an id, and the article, or None where it is gone."""
    digests = catalog.unindexed_digests()
    for article_id, digest in digests.items():
        try:
            article = catalog.article(article_id) if digest is not None else None
        except IndexDamagedError:
            article, digest = None, b""
        if digest is not None and (article is None or article_digest(article) != digest):
            catalog.distrust([article_id])
        else:
            yield article_id, article


def fill_engine(
    generation: Generation,
    catalog: CatalogWriter,
    progress: Callable[[int], None] = lambda _: None,
    description: Description = NOWHERE,
    connection: Connection = ANONYMOUS,
) -> None:
    """Creates the engine of a generation, and fills it with all articles of the catalog."""
    catalog.flag_all_as_unindexed()
    kind = engine_class(generation.meta.engine)
    made = kind.create(generation.engine_directory, description, connection)
    with closing(made) as engine, engine.writer() as writer:
        reindex(catalog, writer, generation, progress)
        catalog.keeps_texts = not kind.keeps_articles
        commit(catalog, writer)


def commit(catalog: CatalogWriter, writer: EngineWriter) -> int:
    """Commits the engine, then the catalog. Returns the number of articles that the engine refused; they
    are recorded as problems."""
    refused = writer.commit()
    for article_id, reason in refused.items():
        catalog.refuse(article_id, reason)
    catalog.flag_as_indexed()
    return len(refused)
