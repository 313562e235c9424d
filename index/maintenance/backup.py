"""Backup and restore: the catalog in one file, from which the engine is made again.

The catalog has every article, the files and the problems, and SQLite copies it as of one moment, while
others write. An engine's files would have to be copied between two commits, and are of no use to a souwen
with another analysis. Where a cluster keeps the articles, the catalog has none of them, and there is no
backup.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from isal import igzip

from index.analysis import ANALYSIS_VERSION, Analyzer, hash_dictionary
from index.durability import flush, unfinished_folder, writing
from index.engines.base import ANONYMOUS, ENGINES, Connection, engine_class, is_address
from index.errors import IndexDamagedError, InputError, SettingsError
from index.language import Message
from index.maintenance.reindex import fill_engine
from index.settings import zone
from index.sources.scan import resolve_roots
from index.store.catalog import Catalog
from index.store.catalog_writer import CatalogWriter
from index.store.checksums import record_checksums
from index.store.directory import FORMAT, READABLE, UNPACKED, Generation, IndexDirectory, Meta
from index.store.intake import take_in
from index.store.integrity import renew_digests

_META, _DICTIONARY, _CATALOG = "meta.json", "dictionary.txt", "catalog.sqlite"


# Bytes of the parts of a backup that are read into memory, and that its headers may have each.
_MOST_TEXT, _MOST_HEADER = 100_000_000, 100_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup: the number of its articles, and the size of the file in bytes."""

    articles: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored index: the number of its articles, the size of the backup in bytes, the folders that are not
    followed (locations by name), and the number of articles that fail their digests: no search finds them."""

    articles: int
    bytes: int
    unfollowed: dict[str, str]
    damaged: int


def backup(location: Path | str, file: Path) -> Saved:
    """Writes the index to one file, as of the last commit, while others may write to the index: also one of
    an older format or another text analysis, which a restore brings up to date.

    The file has its name only when it is complete. Raises IndexMissingError, IndexDamagedError, InputError;
    the last, too, where the articles are on a cluster, or another backup is being written to the file.
    """
    _refuse_clusters(location)
    with unfinished_folder(file) as folder:
        catalog, packed = folder / _CATALOG, folder / "backup"
        meta, dictionary = _copy(IndexDirectory(Path(location)), catalog)
        parts = {_META: json.dumps(asdict(meta)), _DICTIONARY: dictionary}
        for name, text in parts.items():
            (folder / name).write_text(text, encoding="utf-8")
        with (
            igzip.IGzipFile(packed, "wb", 1) as out,  # type: ignore[no-untyped-call]
            tarfile.open(mode="w", fileobj=out) as archive,
        ):
            for name in (_META, _DICTIONARY, _CATALOG):
                archive.add(folder / name, name)
        flush(packed)
        packed.replace(file)
        flush(file.resolve().parent)
        return Saved(_count(catalog), file.stat().st_size)


def restore(
    directory: Path,
    file: Path,
    connection: Connection = ANONYMOUS,
    *,
    replaces: bool,
    folders: Sequence[Path] = (),
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Restored:
    """Makes an index of a backup; with `replaces`, in place of one that is there, once it is complete.

    The folders of the backup, which may be a stranger's, are followed only where they are among `folders`.
    `progress` is told how many articles are done, of how many. Raises InputError where the file is no backup,
    or knows no such folder.
    """
    if not file.exists():
        raise InputError("{file}: there is no such file.", file=file)
    index_directory = IndexDirectory(directory)
    with index_directory.write_lock(), writing(directory):
        if index_directory.exists() and not replaces:
            raise InputError(
                "{directory} has an index. To replace it by the backup, run: souwen restore {file} "
                "--replace --index {directory}",
                directory=directory,
                file=file,
            )
        index_directory.prune(connection)
        with _unpacked(file, directory) as (meta, dictionary, unpacked):
            known = _take_in(file, unpacked, taken := unpacked.with_name("taken"))
            followed = _among(known, folders)
            if meta.format != FORMAT:
                renew_digests(taken)
            made = replace(meta, format=FORMAT, analysis=ANALYSIS_VERSION)
            generation = index_directory.create(made, dictionary)
            shutil.move(taken, generation.catalog_file)
            with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
                catalog.set_roots(followed, drafts=catalog.takes_drafts())
                articles = catalog.count()
                fill_engine(generation, catalog, lambda done: progress(done, articles))
                damaged = len(catalog.distrusted())
            record_checksums(generation)
            index_directory.publish(generation)
    unfollowed = {name: location for name, location in known.items() if name not in followed}
    return Restored(articles, file.stat().st_size, unfollowed, damaged)


def _among(known: Mapping[str, str], folders: Sequence[Path]) -> dict[str, Path]:
    """The folders by name. Raises InputError for one that a backup does not know."""
    found = resolve_roots(folders, {})
    for name, location in found.items():
        if name not in known:
            listed = ", ".join(sorted(known)) or Message("none")
            raise InputError(
                "{location}: the backup has articles of no such folder. It has: {listed}.",
                location=location,
                listed=listed,
            )
    return found


def _take_in(file: Path, unpacked: Path, target: Path) -> dict[str, str]:
    """See `take_in`. Raises InputError where the catalog of a backup can't be read."""
    try:
        return take_in(unpacked, target)
    except IndexDamagedError as error:
        raise InputError(
            "{file}: the catalog in it is damaged: {reason}", file=file, reason=error.values["reason"]
        ) from None


def _refuse_clusters(location: Path | str) -> None:
    """Raises InputError where the articles are on a cluster."""
    url = str(location)
    if not is_address(location):
        meta = IndexDirectory(Path(location)).current(any_version=True).meta
        if not engine_class(meta.engine).keeps_articles:
            return
        url = meta.url
    raise InputError(
        "the articles of {location} are on a cluster, at {url}: back them up with the "
        "cluster's own snapshots, or write them to a file. Run: souwen export --index "
        "{url} -o FILE",
        location=location,
        url=url,
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
    """Description, dictionary and catalog of a backup, the last as a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=directory) as folder:
        try:
            with igzip.IGzipFile(file, "rb") as packed:  # type: ignore[no-untyped-call]
                _extract(_Bounded(packed), Path(folder))
            meta = _description((Path(folder) / _META).read_text(encoding="utf-8"), file)
            dictionary = (Path(folder) / _DICTIONARY).read_text(encoding="utf-8")
            if meta.dictionary != hash_dictionary(dictionary):
                raise ValueError(Message("its dictionary is another"))
            Analyzer(meta.segmenter, dictionary, f"{file}: {_DICTIONARY}")
            zone(meta.timezone)
            if not (Path(folder) / _CATALOG).exists():
                raise ValueError(Message("it has no {file}", {"file": _CATALOG}))
        except FileNotFoundError as error:
            missing = Path(str(error.filename)).name
            raise InputError(
                "{file}: is not a backup of souwen: it has no {missing}.", file=file, missing=missing
            ) from None
        except (
            tarfile.TarError,
            igzip.BadGzipFile,
            EOFError,
            zlib.error,
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
            SettingsError,
        ) as error:
            raise InputError(
                "{file}: is not a backup of souwen, or is cut off: {reason}", file=file, reason=error
            ) from None
        yield meta, dictionary, Path(folder) / _CATALOG


class _Bounded:
    """A file that gives as many bytes as are expected, and no more: headers may claim to be of any size."""

    def __init__(self, file: igzip.IGzipFile) -> None:
        self._file = file
        self.left = _MOST_HEADER

    def read(self, size: int) -> bytes:
        """Raises ValueError where more is read than was expected."""
        found: bytes = self._file.read(size)
        self.left -= len(found)
        if self.left < 0:
            raise ValueError(Message("its headers are too large"))
        return found


def _extract(packed: _Bounded, folder: Path) -> None:
    """Writes the parts of a backup to a folder. Raises ValueError for whatever else it has."""
    with tarfile.open(mode="r|", fileobj=packed) as archive:  # type: ignore[call-overload]
        for member in archive:
            target = folder / member.name
            if member.name not in (_META, _DICTIONARY, _CATALOG) or target.exists():
                raise ValueError(Message("it has {file!r}, or that twice", {"file": member.name}))
            if not member.isreg() or member.issparse():
                raise ValueError(Message("{file} is no plain file", {"file": member.name}))
            if member.name != _CATALOG and member.size > _MOST_TEXT:
                raise ValueError(Message("{file} is too large", {"file": member.name}))
            if member.size > shutil.disk_usage(folder).free:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            packed.left += member.size
            part = archive.extractfile(member)
            assert part is not None
            with part, target.open("xb") as out:
                shutil.copyfileobj(part, out, _CHUNK)
            packed.left = max(packed.left, _MOST_HEADER)


def _description(text: str, file: Path) -> Meta:
    """The description in a backup. Raises InputError, ValueError or TypeError where it is none."""
    values = json.loads(text)
    if values["format"] not in READABLE:  # whatever else it has
        raise InputError(
            "{file}: has format {version}, and this souwen reads {readable} and older ones.",
            file=file,
            version=values["format"],
            readable=FORMAT,
        )
    meta = Meta(**values)
    for name, value in asdict(meta).items():
        if type(value) is not (int if name in ("analysis", "format") else str):
            raise ValueError(
                Message("{file} has {value!r} as {name}", {"file": _META, "value": value, "name": name})
            )
    if meta.engine not in ENGINES or engine_class(meta.engine).keeps_articles or meta.url:
        raise ValueError(
            Message("it is for the engine {engine!r}, which has no backups", {"engine": meta.engine})
        )
    return meta


def _count(catalog: Path) -> int:
    with closing(Catalog.open(catalog)) as opened:
        opened.check()
        return opened.count()
