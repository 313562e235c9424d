"""The main flow: makes an index follow folders.

lock → open the live generation, or make one → reindex what a crash left
     → scan → compare with the catalog → parse and analyse in parallel → write → commit
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from index.article import ProblemKind
from index.durability import writing
from index.engines.base import DEFAULT_ENGINE, Connection, Engine, EngineWriter, engine_class
from index.errors import InputError
from index.ingest.creation import create, engine_of, settings_difference
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.listing import Sources, list_sources, open_live_catalog
from index.ingest.processes import process_files
from index.ingest.safeguards import refuse_leaving_out, refuse_removal
from index.ingest.workers import FileResult, FileTask, WorkerConfig, is_streamed
from index.maintenance.migrate import migrate
from index.maintenance.reindex import commit, reindex
from index.settings import Settings
from index.sources.records import RECORD_SUFFIXES
from index.sources.scan import Scan, removed_paths, resolve_roots
from index.sources.sites import fingerprint
from index.store.catalog import KnownFile
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import Generation, IndexDirectory

# Articles between two commits: what a killed run may have to do again.
COMMIT_EVERY = 20_000
# Seconds that the clock of a disk may be off.
_CLOCK_ERROR = 1.0


def sync(
    directory: Path,
    request: IngestRequest,
    settings: Settings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> IngestReport:
    """Updates the index to the folders that it follows and those of the request. Raises an error of
    `index.errors`; what was committed before stays."""
    started = time.time()
    index_directory = IndexDirectory(directory)
    _check(request, index_directory)
    with index_directory.write_lock(is_patient=request.wait) as was_interrupted:
        if index_directory.exists() and not request.rebuild:
            index_directory.current()  # one that is refused is, before its folders are looked at
        sources = list_sources(request, index_directory, settings, started)
        replaces = request.rebuild and index_directory.exists()
        with writing(directory):
            generation = _open_generation(request, index_directory, settings, progress)
            with _opened(generation, settings) as (catalog, engine):
                run = _Run(generation, catalog, engine, request, sources, settings, progress)
                report = run.follow(started, is_repair=was_interrupted)
                if replaces and not request.allow_empty:
                    with open_live_catalog(index_directory) as live:
                        if live is not None:
                            refuse_leaving_out(live, run.unreadable, directory)
                if replaces:
                    catalog.arrivals.drop_lost()
                    catalog.commit()
                engine.publish()
            record_checksums(generation)
            if replaces:
                index_directory.publish(generation)
    return report


def _check(request: IngestRequest, directory: IndexDirectory) -> None:
    """Raises an error for an invalid request, before anything is changed."""
    engine_class(request.engine or DEFAULT_ENGINE).check_url(request.url)
    if request.writer_id and (not request.url or directory.exists()):
        raise InputError(
            "--writer-id is for a new index directory, in place of one that was lost: add --url."
        )
    if not directory.exists():
        resolve_roots(request.paths, {})  # a name that was mistyped leaves no directory behind


def _open_generation(
    request: IngestRequest,
    directory: IndexDirectory,
    settings: Settings,
    progress: Callable[[int, int], None],
) -> Generation:
    """The generation to write to: the live one, migrated if the request names another engine; or a new one.

    A first generation is live at once: it can be searched while it grows, and continued when killed.
    """
    connection = Connection.of(settings)
    directory.prune(connection)
    is_first = not directory.exists()
    if is_first or request.rebuild:
        generation = create(directory, request, settings)
        if is_first:
            directory.publish(generation)
        return generation
    generation = directory.current()
    if request.keep:
        return generation
    if difference := settings_difference(generation, request, settings):
        raise difference
    name, url = engine_of(generation.meta, request)
    if (name, url) == (generation.meta.engine, generation.meta.url):
        return generation
    return migrate(directory, generation, name, url, request.shards, connection, progress)


@contextmanager
def _opened(generation: Generation, settings: Settings) -> Iterator[tuple[CatalogWriter, Engine]]:
    """Catalog and engine of a generation, open for writing."""
    kind = engine_class(generation.meta.engine)
    with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
        catalog.keeps_texts = not kind.keeps_articles
        with closing(kind.open(generation.engine_directory, Connection.of(settings))) as engine:
            yield catalog, engine


class _Run:
    """One run over one generation."""

    def __init__(
        self,
        generation: Generation,
        catalog: CatalogWriter,
        engine: Engine,
        request: IngestRequest,
        sources: Sources,
        settings: Settings,
        progress: Callable[[int, int], None],
    ) -> None:
        self._generation = generation
        self._catalog = catalog
        self._engine = engine
        self._request = request
        self._sources = sources
        self._progress = progress
        self._preparation = WorkerConfig(
            segmenter=generation.meta.segmenter,
            dictionary=generation.dictionary,
            timezone=generation.meta.timezone,
            max_bytes=settings.max_file_mb * 1_000_000,
            field_map=sources.field_map,
            rules=sources.rules,
        )
        self._reading = fingerprint((sources.rules.sites, sources.rules.drafts))
        self._report = IngestReport(generation.path.name, generation.meta.engine)
        self.unreadable: set[str] = set()  # files that can't be read now
        self._left_out: set[str] = set()  # those, and what is being written
        self._uncommitted = 0

    def follow(self, started: float, *, is_repair: bool) -> IngestReport:
        """Indexes new files, removes those that are gone, and reports.

        `started` is in seconds since 1970. `is_repair` commits even without changes: the engine then
        removes what an interrupted run left among its files.
        """
        sources, found = self._sources, self._sources.found
        self._catalog.set_roots(sources.roots, drafts=sources.rules.drafts, forgotten=self._request.forget)
        self._catalog.set_field_map(self._preparation.field_map, RECORD_SUFFIXES)
        self._catalog.commit()  # they are remembered even if this run is killed
        if not self._catalog.keeps_texts:
            self._catalog.reread_unindexed()
        strays = self._strays()
        known = self._catalog.files()
        tasks = self._compare(found, known)
        gone = removed_paths(known, found)
        self._report.unchanged = len(found.files) - len(tasks)
        tasks = self._stable(tasks, started, sources.listed)
        if tasks or gone or strays or is_repair or self._catalog.has_unindexed():
            with self._engine.writer() as writer:
                self._uncommitted += reindex(self._catalog, writer, self._generation)
                self._remove(gone, writer)
                self._write(tasks, writer)
                # Files that were waiting for an id which is free now.
                self._write(self._waiting(found), writer)
                self._uncommitted += is_repair
                self._commit(writer)
                self._remove_strays(strays, writer)
                self._commit(writer)
        self._engine.acknowledge()
        self._catalog.set_other_problems(found.problems)
        self._finish(found, started)
        return self._report

    def _strays(self) -> set[str]:
        """Ids of this machine's documents on a shared index that its catalog does not have.

        Compared once, after another machine has rebuilt the index or this one has joined it. Files of
        articles that are missing there are read again. Raises IndexMismatchError where the index was made
        with other metadata.
        """
        if not self._engine.has_new_generation(asdict(self._generation.meta)):
            return set()
        strays = self._catalog.compare(self._engine.digests())
        self._catalog.commit()
        return strays

    def _remove_strays(self, strays: set[str], writer: EngineWriter) -> None:
        """Deletes stray documents that are still not in the catalog after all files were read."""
        if not strays:
            return
        strays -= self._catalog.ids()
        if not self._request.allow_empty:
            refuse_removal(len(strays), self._catalog.count(), self._generation.path.parent)
        for article_id in strays:
            writer.delete(article_id)
        self._report.removed += len(strays)
        self._uncommitted += len(strays)

    def _waiting(self, found: Scan) -> list[FileTask]:
        """Files to be read again, without those that could not be read in this run."""
        paths = self._catalog.to_read_again() - self._left_out
        return [FileTask(file) for path, file in found.files.items() if path in paths]

    def _compare(self, found: Scan, known_files: dict[str, KnownFile]) -> list[FileTask]:
        """Files that are new or have changed; all files of a folder whose reading rules have changed."""
        tasks: list[FileTask] = []
        readings = self._catalog.readings()
        for path, file in found.files.items():
            known = known_files.get(path)
            is_read_so = readings.get(path.partition("/")[0]) == self._reading
            if known is None or known.state.size < 0 or not is_read_so:
                tasks.append(FileTask(file))
            elif known.state != file.state or self._request.check or self._fits_now(known):
                tasks.append(FileTask(file, known.digest))
        return tasks

    def _fits_now(self, known: KnownFile) -> bool:
        """True if a file that was too large is now within the limit."""
        largest = self._preparation.max_bytes
        fits = known.state.size <= largest or is_streamed(known.state, largest)
        return not known.digest and fits

    def _stable(self, tasks: list[FileTask], started: float, listed: float) -> list[FileTask]:
        """Tasks whose files have not changed for a while after they were listed; the others are being
        written."""
        wait = self._request.debounce
        earliest = started - wait - _CLOCK_ERROR
        recent = [task for task in tasks if wait and task.file.state.mtime_ns / 1e9 > earliest]
        if recent:
            time.sleep(max(0.0, listed + wait - time.monotonic()))
        moving = {task.file.state.path for task in recent if task.file.has_changed()}
        self._report.being_written = len(moving)
        self._left_out |= moving
        return [task for task in tasks if task.file.state.path not in moving]

    def _write(self, tasks: list[FileTask], writer: EngineWriter) -> None:
        done = 0
        for prepared in process_files(tasks, self._preparation, self._request.jobs):
            self._apply(prepared, writer)
            done += not prepared.continues
            self._progress(done, len(tasks))
            if self._uncommitted >= COMMIT_EVERY:
                self._commit(writer)

    def _apply(self, prepared: FileResult, writer: EngineWriter) -> None:
        """Stores the content of a file, and passes the changes to the engine."""
        if prepared.unreadable is not None:
            self.unreadable.add(prepared.state.path)
            self._left_out.add(prepared.state.path)
            self._catalog.keep_file(prepared.state.path, prepared.unreadable)
            return
        if prepared.same:
            self._catalog.touch_file(prepared.state, prepared.digest)
            self._report.unchanged += 1
            return
        content = (prepared.state, prepared.digest, prepared.articles, prepared.problems)
        if prepared.is_continued or prepared.continues:
            is_first, is_last = not prepared.is_continued, not prepared.continues
            change = self._catalog.replace_part(*content, is_first=is_first, is_last=is_last)
        else:
            change = self._catalog.replace_file(*content)
        for article_id in change.removed | change.changed:
            writer.delete(article_id)
        wanted = set(change.added | change.changed)
        for document, packed in zip(prepared.documents, prepared.articles, strict=True):
            if document.id in wanted:
                wanted.remove(document.id)  # of two with one id, the first is the one in the catalog
                self._catalog.store_sketch(document.id, document.sketch)
                writer.add(document, packed)
        self._report.added += len(change.added)
        self._report.changed += len(change.changed)
        self._report.removed += len(change.removed)
        self._uncommitted += len(change.added) + len(change.changed) + len(change.removed)

    def _remove(self, paths: Iterable[str], writer: EngineWriter) -> None:
        for path in paths:
            removed = self._catalog.remove_file(path)
            for article_id in removed:
                writer.delete(article_id)
            self._report.removed += len(removed)
            self._uncommitted += len(removed)

    def _commit(self, writer: EngineWriter) -> None:
        """Commits catalog, engine, catalog: after a crash between two of them the next run knows what to
        do."""
        self._catalog.commit()
        if self._uncommitted:
            refused = commit(self._catalog, writer)
            self._left_out |= self._catalog.to_read_again() if refused else set()
            of_added = min(refused, self._report.added)
            self._report.added -= of_added
            self._report.changed -= refused - of_added
        self._uncommitted = 0

    def _finish(self, found: Scan, started: float) -> None:
        report = self._report
        self._catalog.set_reading(self._reading)
        problems = self._catalog.count_problems()
        report.lost, report.partial = problems[ProblemKind.LOST], problems[ProblemKind.PARTIAL]
        report.guess, report.empty = problems[ProblemKind.GUESS], problems[ProblemKind.EMPTY]
        report.left_out = self._catalog.count_left_out()
        report.articles = self._catalog.count()
        report.ignored = dict(found.ignored.most_common())
        report.seconds = time.time() - started
        if report.added or report.changed or report.removed:
            self._catalog.record_run(started, report.seconds, report.added, report.changed, report.removed)
        self._catalog.commit()
