"""Consistency checks of engine, catalog and files, and repairs that need no rebuild."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from whoosh import query

from index.analysis.grams import BOUNDARY, phrase_grams
from index.durability import writing
from index.engines.base import ANONYMOUS, Connection, Engine, Sort, engine_class
from index.engines.nodes import GramPhrase
from index.errors import EngineError, IndexDamagedError
from index.maintenance.reindex import fill_engine, reindex
from index.sources.scan import removed_paths, scan
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import damaged_files, record_checksums
from index.store.directory import Generation, IndexDirectory
from index.store.reader import OpenIndex, catalog_of

_SHOWN = 20
# Articles that are searched for by parts of their texts, and searches.
_SAMPLE, _SEARCHES = 200, 40


@dataclass(frozen=True, slots=True)
class Findings:
    """Disagreements of catalog, engine and files: article ids, and paths as the catalog has them.

    `missing_files` and `changed_files` were removed or changed since the last run; the next run of `souwen
    index` follows. `damaged_files` of the engine differ from their checksums. `wrongly_found` are articles
    of a sample whose search results contradict their texts.
    """

    articles: int
    documents: int
    not_in_engine: tuple[str, ...]
    not_in_catalog: tuple[str, ...]
    damaged_files: tuple[str, ...]
    wrongly_found: tuple[str, ...]
    unindexed: bool
    missing_files: tuple[str, ...]
    changed_files: tuple[str, ...]
    new_files: tuple[str, ...]
    missing_folders: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """True if nothing needs repair."""
        return not any(
            (
                self.not_in_engine,
                self.not_in_catalog,
                self.damaged_files,
                self.wrongly_found,
                self.unindexed,
                self.missing_files,
                self.changed_files,
                self.new_files,
                self.missing_folders,
                self.articles != self.documents,
            )
        )

    def lines(self, location: str) -> Iterator[str]:
        """The findings as lines for a person, with what to run for the index at `location`."""
        repair = f"souwen verify --repair --index {location}"
        follow = f"souwen index --index {location}"
        yield f"{self.articles:,} articles in the catalog, {self.documents:,} documents in the engine."
        for what, found, mend in (
            ("Articles that searches can't find", self.not_in_engine, repair),
            ("Documents without an article", self.not_in_catalog, repair),
            ("Files of the engine that are damaged", self.damaged_files, repair),
            ("Articles with wrong search results", self.wrongly_found, repair),
            ("Folders that are gone", self.missing_folders, f"{follow} --forget NAME, or mount them"),
            ("Files that are gone", self.missing_files, follow),
            ("Files that have changed", self.changed_files, follow),
            ("Files that are new", self.new_files, follow),
        ):
            if found:
                yield f"{what} ({len(found):,}; run: {mend}):"
                yield from (f"  {name}" for name in found[:_SHOWN])
                if len(found) > _SHOWN:
                    yield "  …"
        if self.unindexed:
            yield f"A run was interrupted (run: {follow})."
        if self.agree:
            yield "Index, catalog and files agree."


def verify(index: OpenIndex) -> Findings:
    """Compares the engine with the catalog, its files with their checksums, a sample of searches with the
    texts, and the catalog with the articles' files. Changes nothing. Raises IndexDamagedError where the
    catalog itself is damaged."""
    catalog = catalog_of(index)
    assert index.generation is not None
    catalog.check()
    in_catalog = catalog.ids()
    damaged = damaged_files(index.generation)
    try:
        in_engine = index.engine.ids()
        # What other machines wrote to a shared index is theirs to verify.
        documents = len(in_engine) if index.engine.writer_id else index.engine.count(query.Every())
        wrong = _wrongly_found(index)
    except EngineError:
        if not damaged:
            raise
        in_engine, documents, wrong = set(), 0, set()  # the engine can't read them either
    roots = catalog.roots()
    there = {name: location for name, location in roots.items() if location.exists()}
    files = {path: known for path, known in catalog.files().items() if path.partition("/")[0] in there}
    found = scan(there, index.generation.path.parent)
    return Findings(
        articles=len(in_catalog),
        documents=documents,
        not_in_engine=tuple(sorted(in_catalog - in_engine)),
        not_in_catalog=tuple(sorted(in_engine - in_catalog)),
        damaged_files=damaged,
        wrongly_found=tuple(sorted(wrong)),
        unindexed=catalog.has_unindexed(),
        missing_files=tuple(sorted(removed_paths(files, found))),
        changed_files=tuple(
            path
            for path, file in found.files.items()
            if path in files and files[path].state.size >= 0 and files[path].state != file.state
        ),
        new_files=tuple(path for path in found.files if path not in files),
        missing_folders=tuple(str(location) for name, location in roots.items() if name not in there),
    )


def _wrongly_found(index: OpenIndex) -> set[str]:
    """Searches for passages of a sample of texts, and compares the results with the texts."""
    draw = random.Random(0)
    ids = sorted(catalog_of(index).ids() & index.engine.ids())
    articles = index.articles.articles(draw.sample(ids, min(_SAMPLE, len(ids))))
    units = {article.id: index.analyzer.units(article.text) for article in articles.values()}
    texts = {article_id: f" {' '.join(found)} " for article_id, found in units.items()}
    wrong: set[str] = set()
    for article_id in draw.sample(sorted(units), min(_SEARCHES, len(units))):
        start = draw.randrange(max(1, len(units[article_id]) - 4))
        wanted = units[article_id][start : start + draw.randint(3, 5)]
        if len(wanted) < 3 or BOUNDARY in wanted:
            continue
        tree = GramPhrase("body_grams", phrase_grams(wanted))
        limit = max(1, index.engine.count(tree))
        hits = index.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=limit).hits
        expected = {other for other, text in texts.items() if f" {' '.join(wanted)} " in text}
        wrong |= expected ^ ({hit.id for hit in hits} & texts.keys())
    return wrong


def repair(directory: Path, connection: Connection = ANONYMOUS) -> list[str]:
    """Repairs catalog and engine without the articles' files. Returns what was done.

    Single wrong articles are indexed again; an engine with damaged files is rebuilt from the catalog,
    beside the old one. Raises IndexDamagedError where the catalog is damaged.
    """
    index_directory = IndexDirectory(directory)
    with index_directory.write_lock(), writing(directory):
        index_directory.prune(connection)
        generation = index_directory.current()
        with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
            catalog.check()
            if engine_class(generation.meta.engine).keeps_articles:
                return _compare(generation, catalog, connection)
            engine = _sound_engine(generation)
            if engine is None:
                fresh = index_directory.create(generation.meta, generation.dictionary)
                catalog.copy_to(fresh.catalog_file)
                with closing(CatalogWriter.open(fresh.catalog_file)) as copied:
                    fill_engine(fresh, copied)
                record_checksums(fresh)
                index_directory.publish(fresh)
                return [f"The engine was rebuilt from {catalog.count():,} articles of the catalog."]
            with closing(engine):
                return _retell(generation, catalog, engine)


def _compare(generation: Generation, catalog: CatalogWriter, connection: Connection) -> list[str]:
    """Flags this machine's articles that are missing on a shared engine, so that the next run reads their
    files again; deletes those that are too many there."""
    opened = engine_class(generation.meta.engine).open(generation.engine_directory, connection)
    with closing(opened) as engine:
        strays = catalog.compare(engine.digests())
        again = len(catalog.to_read_again())
        catalog.commit()
        if strays:
            with engine.writer() as writer:
                for document_id in strays:
                    writer.delete(document_id)
                writer.commit()
    done = [f"{len(strays):,} documents without an article were removed."] if strays else []
    return [*done, f"{again:,} files are read again."] if again else done


def _retell(generation: Generation, catalog: CatalogWriter, engine: Engine) -> list[str]:
    """Indexes the articles again that an engine has wrong."""
    wrong = catalog.ids() ^ engine.ids()
    with closing(OpenIndex.of(generation)) as index:
        wrong |= _wrongly_found(index)
    catalog.flag_as_unindexed(wrong)
    if not catalog.has_unindexed():
        return []
    with engine.writer() as writer:
        told = reindex(catalog, writer, generation)
        writer.commit()
        catalog.flag_as_indexed()
    record_checksums(generation)
    return [f"{told:,} articles were indexed again."]


def _sound_engine(generation: Generation) -> Engine | None:
    """The engine, if its files match their checksums and it has no article twice; else None."""
    try:
        engine = engine_class(generation.meta.engine).open(generation.engine_directory)
        is_sound = not damaged_files(generation) and engine.count(query.Every()) == len(engine.ids())
    except (IndexDamagedError, EngineError):
        return None
    if not is_sound:
        engine.close()
    return engine if is_sound else None
