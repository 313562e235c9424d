"""Creation of generations: their metadata from the request, the index before, and the settings."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import asdict

from index.analysis import Analyzer, hash_dictionary
from index.engines.base import DEFAULT_ENGINE, Connection, Description, engine_class
from index.errors import IndexDamagedError, IndexMismatchError, InputError
from index.ingest.job import IngestRequest
from index.language import Message
from index.settings import Settings, read_named_file
from index.store.catalog import Catalog
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import Generation, IndexDirectory, Meta


def create(directory: IndexDirectory, request: IngestRequest, settings: Settings) -> Generation:
    """A new generation with an empty catalog and engine."""
    engine, segmenter, url = request.engine, request.segmenter, request.url
    dictionary = ""
    if directory.exists():
        with suppress(IndexDamagedError, IndexMismatchError):
            live = directory.current(any_version=True)
            before, dictionary = live.meta, live.dictionary
            segmenter = segmenter or before.segmenter
            engine, url = engine_of(before, request)
            if before.url and (engine, url) != (before.engine, before.url):
                raise InputError(
                    "others may use what is at {url}: leave it first, and then rebuild. Run: {command}",
                    url=before.url,
                    command=f"souwen index --engine {engine} --index {directory.path}",
                )
    dictionary = _read_dictionary(settings) if settings.dictionary else dictionary
    meta = Meta(
        engine=engine or DEFAULT_ENGINE,
        segmenter=segmenter or "rjieba",
        dictionary=hash_dictionary(dictionary),
        timezone=settings.timezone,
        url=url,
    )
    kind = engine_class(meta.engine)
    Analyzer(meta.segmenter, dictionary, settings.dictionary)  # says what is wrong before work begins
    generation = directory.create(meta, dictionary)
    with closing(CatalogWriter.create(generation.catalog_file)) as catalog:
        if directory.exists():
            _keep_additions(directory, catalog)
    replaces = request.rebuild and directory.exists()
    writer_id = directory.writer_id(request.writer_id) if kind.keeps_articles else ""
    kind.create(
        generation.engine_directory,
        Description(url, asdict(meta), dictionary, request.shards, writer_id, replaces),
        Connection.of(settings),
    ).close()
    record_checksums(generation)
    return generation


def _keep_additions(directory: IndexDirectory, catalog: CatalogWriter) -> None:
    """Takes over from the live generation when its articles came in, if it can be read."""
    with (
        suppress(IndexDamagedError, IndexMismatchError),
        closing(Catalog.open(directory.current(any_version=True).catalog_file)) as live,
    ):
        catalog.arrivals.keep(live.additions())
        catalog.commit()


def engine_of(before: Meta, request: IngestRequest) -> tuple[str, str]:
    """The engine that the request asks for, and the address of its cluster: by default those of the index."""
    engine = request.engine or before.engine
    return engine, (request.url or before.url) if engine_class(engine).keeps_articles else ""


def settings_difference(
    generation: Generation, request: IngestRequest, settings: Settings
) -> IndexMismatchError | None:
    """The first difference between the index and the request and settings, with the command that applies
    it; None if they agree."""
    meta = generation.meta
    differences = [
        (name, there, wanted)
        for name, there, wanted in (
            ("segmenter", meta.segmenter, request.segmenter),
            ("timezone", meta.timezone, settings.timezone),
            ("dictionary", meta.dictionary or Message("none"), hash_dictionary(_read_dictionary(settings))),
        )
        if wanted and wanted != there
    ]
    if not differences:
        return None
    name, there, wanted = differences[0]
    option = f" --{name} {wanted}" if name == "segmenter" else ""
    command = f"souwen index --rebuild --index {generation.path.parent}{option}"
    values = {"name": name, "there": there, "wanted": wanted, "command": command}
    if name == "timezone":
        return IndexMismatchError(
            "the index was made with {name} {there}, and {wanted} is asked for. To keep what there is, set "
            "SOUWEN_TIMEZONE={there}. To apply it, run: {command}",
            **values,
        )
    return IndexMismatchError(
        "the index was made with {name} {there}, and {wanted} is asked for. To apply it, run: {command}",
        **values,
    )


def _read_dictionary(settings: Settings) -> str:
    return read_named_file("dictionary", settings.dictionary) if settings.dictionary else ""
