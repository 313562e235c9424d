"""Backup and restore: the catalog in one file, from which the engine is made again.

The catalog has every article, the files and the problems, and SQLite copies it as of one moment, while
others write. An engine's files would have to be copied between two commits, and are of no use to a souwen
with another analysis. Where a cluster keeps the articles, the catalog has none of them, and there is no
backup.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from isal import igzip

from index.analysis import ANALYSIS_VERSION
from index.durability import flush, writing
from index.engines.base import ANONYMOUS, Connection, engine_class, is_address
from index.errors import IndexDamagedError, InputError
from index.maintenance.reindex import fill_engine
from index.store.catalog import Catalog
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import FORMAT, READABLE, UNPACKED, Generation, IndexDirectory, Meta
from index.store.integrity import renew_digests

_META, _DICTIONARY, _CATALOG = "meta.json", "dictionary.txt", "catalog.sqlite"


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup: the number of its articles, and the size of the file in bytes."""

    articles: int
    bytes: int


def backup(location: Path | str, file: Path) -> Saved:
    """Writes the index, as of the last commit, to one file. Others may write to the index meanwhile.

    Indexes of an older format or another text analysis are copied as they are; a restore brings them up to
    date. The file gets its name when it is complete. Raises IndexMissingError, IndexDamagedError, or
    InputError (also where the articles are on a cluster).
    """
    _refuse_clusters(location)
    directory = Path(location)
    try:
        unfinished = tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.resolve().parent)
    except OSError as error:
        raise InputError(f"{file}: can't be written: {error.strerror}") from None
    with unfinished as folder:
        catalog, packed = Path(folder, _CATALOG), Path(folder, "backup")
        try:
            meta, dictionary = _copy(IndexDirectory(directory), catalog)
            parts = {_META: json.dumps(asdict(meta)), _DICTIONARY: dictionary}
            for name, text in parts.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            with (
                igzip.IGzipFile(packed, "wb", 1) as out,  # type: ignore[no-untyped-call]
                tarfile.open(mode="w", fileobj=out) as archive,
            ):
                for name in (_META, _DICTIONARY, _CATALOG):
                    archive.add(Path(folder, name), name)
            flush(packed)
            packed.replace(file)
            flush(file.resolve().parent)
        except OSError as error:
            raise InputError(f"{file}: can't be written: {error.strerror}") from None
        return Saved(_count(catalog), file.stat().st_size)


def restore(
    directory: Path,
    file: Path,
    connection: Connection = ANONYMOUS,
    *,
    replaces: bool,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Saved:
    """Makes an index from a backup; with `replaces`, in place of an existing one, once it is complete.
    `progress` gets the numbers of articles done and in all. Raises InputError where the file is no backup."""
    if not file.exists():
        raise InputError(f"{file}: there is no such file.")
    index_directory = IndexDirectory(directory)
    with index_directory.write_lock(), writing(directory):
        if index_directory.exists() and not replaces:
            raise InputError(
                f"{directory} has an index. To replace it by the backup, run: "
                f"souwen restore {file} --replace --index {directory}"
            )
        index_directory.prune(connection)
        with _unpacked(file, directory) as (meta, dictionary, unpacked):
            is_older, meta = meta.format != FORMAT, replace(meta, format=FORMAT, analysis=ANALYSIS_VERSION)
            generation = index_directory.create(meta, dictionary)
            if is_older:
                with closing(Catalog.open(unpacked)) as older:
                    older.copy_to(generation.catalog_file)
                renew_digests(generation.catalog_file)
            else:
                shutil.move(unpacked, generation.catalog_file)
            with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
                articles = catalog.count()
                fill_engine(generation, catalog, lambda done: progress(done, articles))
            record_checksums(generation)
            index_directory.publish(generation)
    return Saved(articles, file.stat().st_size)


def _refuse_clusters(location: Path | str) -> None:
    """Raises InputError where the articles are on a cluster."""
    url = str(location)
    if not is_address(location):
        meta = IndexDirectory(Path(location)).current(any_version=True).meta
        if not engine_class(meta.engine).keeps_articles:
            return
        url = meta.url
    raise InputError(
        f"the articles of {location} are on a cluster, at {url}: back them up with the cluster's own "
        f"snapshots, or write them to a file. Run: souwen export --index {url} -o FILE"
    )


def _copy(index_directory: IndexDirectory, target: Path) -> tuple[Meta, str]:
    """Copies the live catalog; returns the metadata that opening it needs."""

    def copy(generation: Generation) -> tuple[Meta, str]:
        with closing(Catalog.open(generation.catalog_file)) as catalog:
            catalog.copy_to(target)
        if generation.meta.format != FORMAT:
            renew_digests(target)
        return replace(generation.meta, format=FORMAT), generation.dictionary

    return index_directory.read_current(copy, any_version=True)


@contextmanager
def _unpacked(file: Path, directory: Path) -> Iterator[tuple[Meta, str, Path]]:
    """Metadata, dictionary and catalog of a backup; the catalog as a temporary file."""
    with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=directory) as folder:
        try:
            with (
                igzip.IGzipFile(file, "rb") as packed,  # type: ignore[no-untyped-call]
                tarfile.open(mode="r|", fileobj=packed) as archive,
            ):
                for member in archive:
                    part = (
                        archive.extractfile(member) if member.name in (_META, _DICTIONARY, _CATALOG) else None
                    )
                    if part is not None:
                        with part, Path(folder, member.name).open("wb") as out:
                            shutil.copyfileobj(part, out)
            values = json.loads(Path(folder, _META).read_text(encoding="utf-8"))
            if values["format"] not in READABLE:  # whatever else it has
                raise InputError(
                    f"{file}: has format {values['format']}, and this souwen reads {FORMAT} and older ones."
                )
            meta = Meta(**values)
            dictionary = Path(folder, _DICTIONARY).read_text(encoding="utf-8")
            _count(Path(folder, _CATALOG))
        except FileNotFoundError as error:
            missing = Path(str(error.filename)).name
            raise InputError(f"{file}: is not a backup of souwen: it has no {missing}.") from None
        except (
            tarfile.TarError,
            igzip.BadGzipFile,
            EOFError,
            zlib.error,
            ValueError,
            KeyError,
            TypeError,
        ) as error:
            raise InputError(f"{file}: is not a backup of souwen, or is cut off: {error}") from None
        except IndexDamagedError as error:
            raise InputError(f"{file}: the catalog in it is damaged: {error.values['reason']}") from None
        yield meta, dictionary, Path(folder, _CATALOG)


def _count(catalog: Path) -> int:
    with closing(Catalog.open(catalog)) as opened:
        opened.check()
        return opened.count()
