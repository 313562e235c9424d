"""Consistency checks of engine, catalog and files, and repairs that need no rebuild."""

from __future__ import annotations

import random
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from whoosh import query

from index.analysis.document import make_documents
from index.analysis.grams import BOUNDARY, phrase_grams
from index.durability import writing
from index.engines.base import ANONYMOUS, Connection, Engine, Sort, engine_class, is_address
from index.engines.nodes import GramPhrase
from index.errors import EngineError, IndexDamagedError
from index.language import Message
from index.maintenance.reindex import fill_engine, reindex
from index.sources.scan import Scan, removed_paths, scan
from index.store.catalog import Catalog, KnownFile
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import damaged_files, record_checksums
from index.store.directory import Generation, IndexDirectory
from index.store.integrity import CheckedCatalog
from index.store.reader import OpenIndex, catalog_of

_SHOWN = 20
# Articles that are searched for by parts of their texts, and searches.
_SAMPLE, _SEARCHES = 200, 40
# Articles that are analysed together.
_AT_ONCE = 100
# Articles, and files, of which the digests are compared, unless all are.
_DIGESTS = 1000


@dataclass(frozen=True, slots=True)
class Findings:
    """Disagreements of catalog, engine and files: article ids, and paths as the catalog has them.

    `missing_files` and `changed_files` were removed or changed since the last run: what the next run of
    `souwen index` mends. `damaged_files` are those of the index that are no longer what was written, or gone;
    `damaged_articles` are no longer what was stored, nor are `damaged_tables` of the catalog.
    `wrongly_found` are articles of a sample that searches find by what they don't say, or don't find by what
    they do. Where files of the engine are damaged it is not opened, and has no `documents`.
    """

    articles: int
    documents: int
    not_in_engine: tuple[str, ...] = ()
    not_in_catalog: tuple[str, ...] = ()
    damaged_files: tuple[str, ...] = ()
    damaged_articles: tuple[str, ...] = ()
    damaged_tables: tuple[str, ...] = ()
    wrongly_found: tuple[str, ...] = ()
    unindexed: bool = False
    missing_files: tuple[str, ...] = ()
    changed_files: tuple[str, ...] = ()
    new_files: tuple[str, ...] = ()
    missing_folders: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """True if nothing needs repair."""
        return not any(
            (
                self.not_in_engine,
                self.not_in_catalog,
                self.damaged_files,
                self.damaged_articles,
                self.damaged_tables,
                self.wrongly_found,
                self.unindexed,
                self.missing_files,
                self.changed_files,
                self.new_files,
                self.missing_folders,
                self.articles != self.documents,
            )
        )

    def lines(self, location: str) -> Iterator[str | Message]:
        """The findings as lines for a person, with what to run for the index at `location`."""
        repair = f"souwen verify --repair --index {location}"
        follow = f"souwen index --index {location}"
        mount = Message("{command}, or mount them", {"command": f"{follow} --forget NAME"})
        yield Message(
            "{articles:,} articles in the catalog, {documents:,} documents in the engine.",
            {"articles": self.articles, "documents": self.documents},
        )
        for what, found, mend in (
            (Message("Articles that searches can't find"), self.not_in_engine, repair),
            (Message("Documents without an article"), self.not_in_catalog, repair),
            (Message("Files of the index that are damaged or missing"), self.damaged_files, repair),
            (Message("Articles that differ from what was stored"), self.damaged_articles, repair),
            (Message("Tables of the catalog that differ from what was stored"), self.damaged_tables, repair),
            (Message("Articles with wrong search results"), self.wrongly_found, repair),
            (Message("Folders that are gone"), self.missing_folders, mount),
            (Message("Files that are gone"), self.missing_files, follow),
            (Message("Files that have changed"), self.changed_files, follow),
            (Message("Files that are new"), self.new_files, follow),
        ):
            if found:
                yield Message(
                    "{what} ({count:,}; run: {command}):",
                    {"what": what, "count": len(found), "command": mend},
                )
                yield from (f"  {name}" for name in found[:_SHOWN])
                if len(found) > _SHOWN:
                    yield "  …"
        if self.unindexed:
            yield Message("A run was interrupted (run: {command}).", {"command": follow})
        if self.agree:
            yield Message("Index, catalog and files agree.")


def verify(location: Path | str, connection: Connection = ANONYMOUS, *, is_deep: bool = False) -> Findings:
    """Compares the files of an index with what was written, its catalog with the digests of what was stored,
    the engine with the catalog, a sample of searches with the texts, and the catalog with the articles'
    files. Changes nothing.

    The digests are those of a sample of articles and files; with `is_deep`, of all. What is damaged is not
    opened: a search engine may do anything with it. Raises IndexDamagedError where the catalog can't be read,
    InputError for an address on a cluster.
    """
    if is_address(location):
        with closing(OpenIndex.at(str(location), connection)) as remote:
            catalog_of(remote)  # raises InputError
    directory = IndexDirectory(Path(location))
    return directory.read_current(lambda generation: _verify(directory, generation, connection, is_deep))


def _verify(
    directory: IndexDirectory, generation: Generation, connection: Connection, is_deep: bool
) -> Findings:
    damaged = damaged_files(generation, is_unfinished=directory.was_interrupted())
    most = None if is_deep else _DIGESTS
    with closing(CheckedCatalog.open(generation.catalog_file)) as catalog:
        catalog.check()
        keeps_texts = not engine_class(generation.meta.engine).keeps_articles
        rotten = {article_id for _, article_id in catalog.damaged_articles(most)} if keeps_texts else set()
        findings = Findings(
            articles=catalog.count(),
            documents=0,
            damaged_files=damaged,
            damaged_articles=tuple(sorted(rotten.union(catalog.misfiled()))),
            damaged_tables=tuple(catalog.damaged_tables()),
            unindexed=catalog.has_unindexed(),
        )
        findings = _compare_files(findings, catalog, directory.path, most)
    if damaged:
        return findings
    try:
        with closing(OpenIndex.of(generation, connection)) as index:
            return _compare_engine(findings, index, None if is_deep else _SAMPLE)
    except IndexDamagedError as error:
        if not findings.damaged_articles:
            raise
        return replace(findings, damaged_files=(str(error),))


def _compare_engine(findings: Findings, index: OpenIndex, most: int | None) -> Findings:
    """The findings, with those about the engine."""
    in_catalog, in_engine = catalog_of(index).ids(), index.engine.ids()
    left_out = set(findings.damaged_articles)
    return replace(
        findings,
        # What other machines wrote to a shared index is theirs to verify.
        documents=len(in_engine) if index.engine.writer_id else index.engine.count(query.Every()),
        not_in_engine=tuple(sorted(in_catalog - in_engine)),
        not_in_catalog=tuple(sorted(in_engine - in_catalog)),
        wrongly_found=tuple(sorted(_wrongly_found(index, left_out) | _wrongly_folded(index, left_out, most))),
    )


def _compare_files(findings: Findings, catalog: Catalog, index: Path, most: int | None) -> Findings:
    """The findings, with those about the articles' files."""
    roots = catalog.roots()
    there = {name: location for name, location in roots.items() if location.exists()}
    files = {path: known for path, known in catalog.files().items() if path.partition("/")[0] in there}
    found = scan(there, index)
    return replace(
        findings,
        missing_files=tuple(sorted(removed_paths(files, found))),
        changed_files=tuple(_changed_files(files, found, most)),
        new_files=tuple(path for path in found.files if path not in files),
        missing_folders=tuple(str(location) for name, location in roots.items() if name not in there),
    )


def _changed_files(files: dict[str, KnownFile], found: Scan, most: int | None) -> Iterator[str]:
    """The paths of known files that hold something else than was read: of those that look different, and of
    `most` of the others, the digests are compared."""
    same = [path for path, file in found.files.items() if path in files and files[path].state == file.state]
    if most is not None and most < len(same):
        same = random.Random(0).sample(same, most)
    look_same = set(same)
    for path, file in found.files.items():
        if path not in files or files[path].state.size < 0:
            continue
        known = files[path]
        if not known.digest:  # too large to be read
            if known.state.size != file.state.size:
                yield path
        elif (path in look_same or known.state != file.state) and file.digest() != known.digest:
            yield path


def _wrongly_found(index: OpenIndex, left_out: Set[str] = frozenset()) -> set[str]:
    """Searches for stretches of a sample of texts, and looks for them in the texts themselves; not in those
    that are `left_out`."""
    draw = random.Random(0)
    ids = sorted((catalog_of(index).ids() & index.engine.ids()) - left_out)
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


def _wrongly_folded(index: OpenIndex, left_out: Set[str], most: int | None) -> set[str]:
    """The ids of articles whose sketches, which tell copies, are not those of their texts: of `most`, or of
    all; not of those that are `left_out`."""
    ids = sorted((catalog_of(index).ids() & index.engine.ids()) - left_out)
    if most is not None and most < len(ids):
        ids = random.Random(0).sample(ids, most)
    wrong: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        batch = ids[start : start + _AT_ONCE]
        sketches = index.articles.sketches(batch)
        documents = make_documents(list(index.articles.articles(batch).values()), index.analyzer, index.zone)
        wrong |= {made.id for made in documents if sketches.get(made.id, b"") != made.sketch}
    return wrong


def repair(directory: Path, connection: Connection = ANONYMOUS) -> list[Message]:
    """Mends what can be mended of catalog and engine; gives what was done.

    Articles that are no longer what was stored are to be read again, by the run that follows: what the engine
    has of them stays. Where other articles are wrong in the engine, it is told of them again; where its files
    are damaged, it is made anew from the catalog, beside the old one. Raises IndexDamagedError where the
    catalog can't be read.
    """
    index_directory = IndexDirectory(directory)
    with index_directory.write_lock() as was_interrupted, writing(directory):
        index_directory.prune(connection)
        generation = index_directory.current()
        done = _mend_catalog(generation)
        with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
            if engine_class(generation.meta.engine).keeps_articles:
                return [*done, *_compare(generation, catalog, connection)]
            engine = _sound_engine(generation, is_unfinished=was_interrupted)
            if engine is None:
                fresh = index_directory.create(generation.meta, generation.dictionary)
                catalog.copy_to(fresh.catalog_file)
                with closing(CatalogWriter.open(fresh.catalog_file)) as copied:
                    fill_engine(fresh, copied)
                record_checksums(fresh)
                index_directory.publish(fresh)
                count = {"count": catalog.count()}
                return [
                    *done,
                    Message("The engine was rebuilt from {count:,} articles of the catalog.", count),
                ]
            with closing(engine):
                return [*done, *_retell(generation, catalog, engine)]


def _mend_catalog(generation: Generation) -> list[Message]:
    """Flags what is damaged in the catalog, so that it is read again; gives what was done. Raises
    IndexDamagedError where the file as a whole can't be read."""
    done: list[Message] = []
    with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
        try:
            catalog.check()
        except IndexDamagedError:
            catalog.reindex_itself()
            catalog.check()
            done.append(Message("The catalog's own indexes were made anew."))
        with closing(CheckedCatalog.open(generation.catalog_file)) as checked:
            keeps_texts = not engine_class(generation.meta.engine).keeps_articles
            damaged = {article_id for _, article_id in checked.damaged_articles()} if keeps_texts else set()
            damaged |= set(checked.misfiled())
        tables = catalog.mend_tables()
        damaged -= catalog.distrusted()
        catalog.distrust(damaged)
        catalog.commit()
    if damaged:
        done.append(
            Message(
                "{count:,} articles are no longer what was stored: their files are read again.",
                {"count": len(damaged)},
            )
        )
    if tables:
        names = {"names": ", ".join(tables)}
        done.append(Message("Lists in the catalog were damaged, and are made anew: {names}.", names))
    return done


def _compare(generation: Generation, catalog: CatalogWriter, connection: Connection) -> list[Message]:
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
    done: list[Message] = []
    if strays:
        done.append(Message("{count:,} documents without an article were removed.", {"count": len(strays)}))
    if again:
        done.append(Message("{count:,} files are read again.", {"count": again}))
    return done


def _retell(generation: Generation, catalog: CatalogWriter, engine: Engine) -> list[Message]:
    """Indexes the articles again that an engine has wrong."""
    wrong = catalog.ids() ^ engine.ids()
    with closing(OpenIndex.of(generation)) as index:
        wrong |= _wrongly_found(index, catalog.distrusted())
        wrong |= _wrongly_folded(index, catalog.distrusted(), None)
    wrong -= catalog.distrusted()
    catalog.flag_as_unindexed(wrong)
    if not catalog.has_unindexed():
        return []
    with engine.writer() as writer:
        told = reindex(catalog, writer, generation)
        writer.commit()
        catalog.flag_as_indexed()
    record_checksums(generation)
    return [Message("{count:,} articles were indexed again.", {"count": told})]


def _sound_engine(generation: Generation, *, is_unfinished: bool) -> Engine | None:
    """The engine, if its files are what was written and it has no article twice."""
    if damaged_files(generation, is_unfinished=is_unfinished):
        return None
    try:
        engine = engine_class(generation.meta.engine).open(generation.engine_directory)
    except (IndexDamagedError, EngineError):
        return None
    try:
        if engine.count(query.Every()) == len(engine.ids()):
            return engine
    except EngineError:
        pass
    engine.close()
    return None
