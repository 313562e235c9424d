"""The index directory: the live generation, the lock of the one writer, the atomic swap.

.souwen/
  current            the name of the live generation; replaced by an atomic rename
  write.lock         held by the one writer, by the operating system: a killed one leaves it free
  writer-id          the name of this directory on a cluster that several machines write to
  gen-000001/
    meta.json        what the generation was made with
    dictionary.txt   the user dictionary it was made with, if any
    catalog.sqlite   articles, files, problems
    engine/          the engine's own files
    checksums.json   what they were when they were written
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

from index.analysis import ANALYSIS_VERSION, hash_dictionary
from index.article import format_date
from index.durability import flush, flush_tree, write_error
from index.engines.base import ANONYMOUS, ENGINES, Connection, engine_class
from index.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    InputError,
    SouwenError,
)
from index.language import Message

FORMAT = 3
# Formats whose catalog can be read.
READABLE = (1, 2, FORMAT)
_NAME = re.compile(r"gen-\d+", re.ASCII)
# What the names in a generation start with: a folder with others in it is somebody else's.
_PARTS = ("meta.json", "dictionary.txt", "catalog.sqlite", "engine", "checksums.json")
# What the folder is called in which a backup is unpacked.
UNPACKED = "gen-0."
# Tries to get the lock, unless it is waited for.
_TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meta:
    """Metadata of a generation (`meta.json`), sufficient to open it."""

    engine: str
    segmenter: str
    dictionary: str  # hash of dictionary.txt
    timezone: str
    url: str = ""  # of the cluster, for an engine that is elsewhere
    analysis: int = ANALYSIS_VERSION
    format: int = FORMAT
    created: str = ""  # ISO 8601


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete index inside the index directory."""

    path: Path
    meta: Meta

    @property
    def catalog_file(self) -> Path:
        return self.path / "catalog.sqlite"

    @property
    def engine_directory(self) -> Path:
        return self.path / "engine"

    @property
    def dictionary(self) -> str:
        """The text of the user dictionary."""
        return _read(self.path / "dictionary.txt") if self.meta.dictionary else ""


class IndexDirectory:
    """The directory that `--index` names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """True if there is an index, damaged or not. Raises IndexDamagedError where the directory can't be
        read."""
        file = self.path / "current"
        try:
            return file.exists()
        except OSError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}. Its owner can allow it: {command}",
                file=file,
                reason=error.strerror,
                command=f"chmod -R a+rX {self.path}",
            ) from None

    def current_name(self) -> str:
        """The name of the live generation; empty where there is no index.

        Raises IndexDamagedError.
        """
        if not self.exists():
            return ""
        file = self.path / "current"
        name = _read(file).strip()
        if not _NAME.fullmatch(name):
            raise IndexDamagedError(
                "{file}: is not the name of a generation. Run: {command}", file=file, command=_mend(self.path)
            )
        return name

    def current(self, *, any_version: bool = False) -> Generation:
        """The live generation. With `any_version`, one of another text analysis or an older format, too:
        its catalog can be read. Raises IndexMissingError, IndexDamagedError, or IndexMismatchError where
        another version made it."""
        name = self.current_name()
        if not name:
            raise IndexMissingError(
                "there is no index at {path}. Make one with: {command}",
                path=self.path,
                command=f"souwen index FOLDER --index {self.path}",
            )
        path = self.path / name
        return Generation(path, self._read_meta(path, any_version=any_version))

    def read_current(self, read: Callable[[Generation], T], *, any_version: bool = False) -> T:
        """Result of `read` for the live generation; retried if that was replaced and removed meanwhile.

        Raises what `current` and `read` raise.
        """
        while True:
            name = self.current_name()
            try:
                return read(self.current(any_version=any_version))
            except SouwenError:
                if self.current_name() == name:
                    raise

    def create(self, meta: Meta, dictionary: str) -> Generation:
        """A new generation with meta.json and dictionary. It becomes live with `publish`."""
        numbers = [int(path.name[4:]) for path in self._generations()]
        path = self.path / f"gen-{max(numbers, default=0) + 1:06d}"
        path.mkdir()
        made = asdict(meta) | {"created": format_date(int(time.time()))}
        (path / "meta.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        if dictionary:
            (path / "dictionary.txt").write_text(dictionary, encoding="utf-8")
        return Generation(path, Meta(**made))

    def publish(self, generation: Generation) -> None:
        """Makes a generation the live one, durably: its files reach the disk before its name does."""
        flush_tree(generation.path)
        temporary = self.path / "current.new"
        temporary.write_text(generation.path.name + "\n", encoding="utf-8")
        flush(temporary)
        temporary.replace(self.path / "current")
        flush(self.path)

    def writer_id(self, name: str = "") -> str:
        """The id of this directory among the writers of an index on a cluster; where it has none yet,
        `name` or a new one."""
        file, former = self.path / "writer-id", self.path / "ledger"
        if former.exists() and not file.exists():  # its name in older indexes
            former.replace(file)
        if not file.exists():
            name = name or f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
            unfinished = self.path / "writer-id.new"
            unfinished.write_text(f"{name}\n", encoding="utf-8")
            flush(unfinished)
            unfinished.replace(file)
        return _read(file).strip()

    def prune(self, connection: Connection = ANONYMOUS) -> None:
        """Removes what earlier runs left, on a cluster, too: generations that are not live, and unfinished
        ones."""
        found = self._generations()
        try:
            live = self.current_name()
        except IndexDamagedError:
            live = "?"
        if live and self.path / live not in found:
            return  # damaged: nobody knows which of them was live
        for path in found:
            if path.name != live and all(part.name.startswith(_PARTS) for part in path.iterdir()):
                self._abandon(path, connection)
                shutil.rmtree(path, ignore_errors=True)
        for path in self.path.glob(f"{UNPACKED}*"):
            shutil.rmtree(path, ignore_errors=True)
        (self.path / "current.new").unlink(missing_ok=True)

    @contextmanager
    def write_lock(self, *, is_patient: bool = False) -> Iterator[bool]:
        """Holds the directory for the one writer. Yields True if the one before was interrupted: it clears
        its name only in the end. Raises IndexBusyError that names who has the lock; with `is_patient`, waits
        for it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "write.lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise write_error(self.path, error) from None
        with lock:
            self._acquire(lock, is_patient=is_patient)
            lock.seek(0)
            was_interrupted = bool(lock.read())
            try:
                lock.truncate(0)
                lock.write(f"process {os.getpid()}, since {format_date(int(time.time()))}\n")
                lock.flush()
            except OSError as error:
                raise write_error(self.path, error) from None
            try:
                yield was_interrupted
            except InputError:
                if not was_interrupted:  # it was refused, and ended in order
                    lock.truncate(0)
                raise
            lock.truncate(0)

    def _acquire(self, lock: TextIO, *, is_patient: bool) -> None:
        import portalocker  # takes long, and a reader needs none

        tries = 0
        while True:
            try:
                portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                return
            except portalocker.LockException:
                tries += 1
                if not is_patient and tries == _TRIES:  # whoever looks whether it is held holds it a moment
                    lock.seek(0)
                    holder = lock.read().strip() or Message("another process")
                    raise IndexBusyError(
                        "{path} is being written by {holder}. Wait for it to end, then run this again.",
                        path=self.path,
                        holder=holder,
                    ) from None
                time.sleep(0.05)

    def is_written(self) -> bool:
        """True while a writer holds the lock."""
        import portalocker

        try:
            with (self.path / "write.lock").open(encoding="utf-8") as lock:
                if not lock.read():
                    return False  # nobody is kept out by looking
                portalocker.lock(lock, portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            return True
        except OSError:
            return False
        return False

    def was_interrupted(self) -> bool:
        """True if a writer holds the directory now, or one was killed: it clears its name in the end."""
        try:
            return bool((self.path / "write.lock").read_bytes())
        except OSError:
            return False

    def _generations(self) -> list[Path]:
        return sorted(p for p in self.path.glob("gen-*") if _NAME.fullmatch(p.name) and p.is_dir())

    def _abandon(self, path: Path, connection: Connection) -> None:
        """Removes what a generation that is not live has on a cluster."""
        with suppress(IndexDamagedError, IndexMismatchError):
            engine = self._read_meta(path, any_version=True).engine
            if engine in ENGINES:
                engine_class(engine).abandon(path / "engine", connection)

    def _read_meta(self, path: Path, *, any_version: bool) -> Meta:
        file = path / "meta.json"
        try:
            values = json.loads(_read(file))
            values["format"]
        except (ValueError, TypeError, KeyError):
            raise _no_description(file, self.path) from None
        meta = check_meta(values, self.path, file, any_version=any_version)
        if meta.dictionary and hash_dictionary(_read(path / "dictionary.txt")) != meta.dictionary:
            raise IndexMismatchError(
                "{file} is not the dictionary that {path} was made with. Run: {command}",
                file=path / "dictionary.txt",
                path=self.path,
                command=_mend(self.path),
            )
        return meta


def check_meta(
    values: Mapping[str, Any], location: object, source: object = "", *, any_version: bool = False
) -> Meta:
    """Checked metadata of a generation of the index at `location`; `source` is its file.

    With `any_version`, another text analysis or an older format is allowed. Raises IndexDamagedError for
    an invalid file, IndexMismatchError where another version made it.
    """
    if values.get("format") not in READABLE:
        raise _other_format(values.get("format"), location, _mend(location))
    try:
        meta = Meta(**values)
    except TypeError:
        raise _no_description(source or location, location) from None
    if any_version:
        return meta
    if meta.format != FORMAT:
        raise _other_format(meta.format, location, _remake(location))
    if meta.analysis != ANALYSIS_VERSION:
        raise IndexMismatchError(
            "{path} was made with version {version} of the text analysis, and this souwen has "
            "{current}, so queries would not match. Run: {command}",
            path=location,
            version=meta.analysis,
            current=ANALYSIS_VERSION,
            command=_remake(location),
        )
    return meta


def _other_format(version: object, location: object, command: str) -> IndexMismatchError:
    return IndexMismatchError(
        "{path} has format {version}, and this souwen reads {readable}. Run: {command}",
        path=location,
        version=version,
        readable=FORMAT,
        command=command,
    )


def _no_description(file: object, location: object) -> IndexDamagedError:
    return IndexDamagedError(
        "{file}: is not a description of an index. Run: {command}", file=file, command=_mend(location)
    )


def _mend(path: object) -> str:
    return f"souwen index FOLDER --rebuild --index {path}"


def _remake(location: object) -> str:
    """The command that rebuilds an index whose catalog can be read: it knows the folders. An index on a
    cluster is rebuilt from the directory DIR of one that writes it."""
    is_address = str(location).startswith(("http://", "https://"))
    return f"souwen index --rebuild --index {'DIR' if is_address else location}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamagedError("{file}: can't be read: {reason}", file=path, reason=error) from None
