"""The catalog: one SQLite file with the articles, the files that were read, and the problems found.

The catalog and the engine commit one after the other. In between, changed articles are flagged as not yet
indexed (table `unindexed`), and a writer that finds such articles when it starts indexes them; so a crash at
any moment leaves nothing that the next run does not mend. A removed article stays readable until the engine
no longer finds it.

Where the engine keeps the articles itself (see `EngineClass.keeps_articles`), text and html are not here, and
the files of flagged articles are read again.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from index.article import LAST_DATE, Added, Article, Problem, ProblemKind
from index.errors import IndexDamagedError
from index.files import FileState
from index.store.catalog_file import (
    FULL,
    LIGHT,
    PRESENT,
    REMOVED,
    connect,
    create_file,
    to_article,
)
from index.store.older import copy_as_current, show_as_current
from index.store.sums import damaged_tables

_SQLITE_VARIABLES = 500
# Bytes of the file that are mapped: read so, articles cost half. It is as much as SQLite can.
_MAPPED = 2**31
_AS_IT_IS = "mode=ro&immutable=1"
# What SQLite says of a file that it can't write.
_OF_THE_COPY = frozenset(
    f"SQLITE_{name}"
    for name in ("FULL", "READONLY", "CANTOPEN", "IOERR_WRITE", "IOERR_FSYNC", "IOERR_TRUNCATE")
)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was read: its size and time then, and the digest of its content."""

    state: FileState
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """Ids of articles to index and to delete after a file has changed."""

    added: frozenset[str]
    changed: frozenset[str]
    removed: frozenset[str]


class Catalog:
    """A catalog open for reading. Thread-safe."""

    # In which to try to open the file, the first that works: where the directory can't be written, and no
    # writer shares its log, SQLite reads the file as it is now.
    MODES: tuple[str, ...] = ("mode=ro", _AS_IT_IS)

    def __init__(
        self, connection: sqlite3.Connection, path: Path, state: tuple[int, int, int] | None = None
    ) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()
        self._state = state  # of the file, where it is read as it was then
        self._is_older = show_as_current(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens an existing catalog. Raises IndexDamagedError where it can't be read."""
        if not path.is_file():
            raise IndexDamagedError("{file}: is missing", file=path)
        for mode in cls.MODES:
            state = _state(path) if mode == _AS_IT_IS else None
            connection = connect(path, mode)
            try:
                connection.execute("PRAGMA cache_size = -16384")  # KiB
                connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
                connection.execute("SELECT count(*) FROM roots")
                return cls(connection, path, state)
            except sqlite3.Error as error:
                failure = error
                connection.close()
        raise IndexDamagedError("{file}: can't be read: {reason}", file=path, reason=failure) from failure

    @property
    def is_outdated(self) -> bool:
        """True if others have written since it was opened, which this connection will never see."""
        return self._state is not None and self._state != _state(self._path)

    def close(self) -> None:
        """Closes the file; the log of a writer is merged into it."""
        self._connection.close()

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The articles with these ids, without their html, by id."""
        found: dict[str, Article] = {}
        for start in range(0, len(ids), _SQLITE_VARIABLES):
            part = ids[start : start + _SQLITE_VARIABLES]
            placeholders = ",".join("?" * len(part))
            rows = self._rows(f"SELECT {LIGHT} FROM articles WHERE id IN ({placeholders})", *part)
            found |= {row[0]: to_article(row) for row in rows}
        return found

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of the articles with these ids (at most 500), by id."""
        placeholders = ",".join("?" * len(ids))
        return dict(self._rows(f"SELECT id, title FROM articles WHERE id IN ({placeholders})", *ids))

    def sketches(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The sketches of the articles with these ids (at most 500), by id."""
        placeholders = ",".join("?" * len(ids))
        return dict(self._rows(f"SELECT id, sketch FROM sketches WHERE id IN ({placeholders})", *ids))

    def article(self, article_id: str) -> Article | None:
        """The whole article with this id, if there is one."""
        try:
            rows = self._rows(f"SELECT {FULL} FROM articles WHERE id = ? AND {PRESENT}", article_id)
        except UnicodeEncodeError:  # half a character, which no id has
            return None
        return to_article(rows[0]) if rows else None

    def all_articles(self) -> Iterator[Article]:
        """Every whole article, by id."""
        last = ""
        while rows := self._rows(
            f"SELECT {FULL} FROM articles WHERE id > ? AND {PRESENT} ORDER BY id LIMIT 200",
            last,
        ):
            yield from map(to_article, rows)
            last = rows[-1][0]

    def texts(self) -> Iterator[str]:
        """The title and the text of every article, by id; a line each paragraph."""
        last = ""
        while rows := self._rows(
            f"SELECT {LIGHT} FROM articles WHERE id > ? AND {PRESENT} ORDER BY id LIMIT 200", last
        ):
            yield from (f"{article.title}\n{article.text}" for article in map(to_article, rows))
            last = rows[-1][0]

    def newest(self, limit: int) -> list[Article]:
        """The newest articles that have a date, without their html."""
        rows = self._rows(
            f"SELECT {LIGHT} FROM articles WHERE date IS NOT NULL AND {PRESENT} "
            "ORDER BY date DESC, id LIMIT ?",
            limit,
        )
        return [to_article(row) for row in rows]

    def with_url(self, urls: Sequence[str]) -> list[str]:
        """The ids of the articles with one of these sources (at most 100), in order."""
        sql = (
            f"SELECT id FROM articles WHERE url IN ({','.join('?' * len(urls))}) AND url != '' "
            f"AND {PRESENT} ORDER BY id LIMIT 1000"
        )
        return [row[0] for row in self._rows(sql, *urls)]

    def added(self, start: int | None, end: int | None) -> Added:
        """The articles that came in from `start` to before `end`, in seconds since 1970; None is open."""
        span = "added >= ? AND added < ?"
        ends = (-1 if start is None else start, 2**62 if end is None else end)
        ((inside,),) = self._rows(f"SELECT count(*) FROM additions WHERE {span}", *ends)
        ((everything,),) = self._rows("SELECT count(*) FROM additions")
        is_rest = inside * 2 > everything
        rows = self._rows(f"SELECT id FROM additions WHERE {'NOT ' * is_rest}({span})", *ends)
        return Added(tuple(row[0] for row in rows), is_rest)

    def last_addition(self) -> int | None:
        """When the last of the articles came in that searches see; None where that is not known."""
        rows = self._rows(
            "SELECT added FROM additions WHERE id NOT IN (SELECT id FROM unindexed) "
            "ORDER BY added DESC LIMIT 1"
        )
        return int(rows[0][0]) if rows else None

    def additions(self) -> list[tuple[str, int]]:
        """When each article came in, by id."""
        return self._rows("SELECT id, added FROM additions")

    def ids(self) -> set[str]:
        """The ids of all articles."""
        return {row[0] for row in self._rows(f"SELECT id FROM articles WHERE {PRESENT}")}

    def count(self) -> int:
        """The number of articles."""
        removed = f"SELECT id FROM unindexed WHERE state = {REMOVED}"
        gone = f"SELECT count(*) FROM articles WHERE id IN ({removed})"
        return int(self._rows(f"SELECT count(*) - ({gone}) FROM articles")[0][0])

    def count_in(self, paths: Iterable[str]) -> int:
        """The number of articles in the files at these paths."""
        sql = "SELECT count(*) FROM articles WHERE file = (SELECT id FROM files WHERE path = ?)"
        return sum(int(self._rows(sql, path)[0][0]) for path in paths)

    def dates(self) -> tuple[int | None, int | None]:
        """The dates of the oldest and the newest article."""
        oldest, newest = self._rows("SELECT min(date), max(date) FROM articles")[0]
        return oldest, newest

    def problems(self, kind: ProblemKind | None = None) -> list[Problem]:
        """The problems of a kind; without one, all but empty articles, the gravest first."""
        rows = self._rows("SELECT path, reason, kind FROM problems ORDER BY path, rowid")
        try:
            found = [Problem(path, reason, ProblemKind(name)) for path, reason, name in rows]
        except ValueError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._path, reason=error
            ) from None
        if kind is not None:
            return [problem for problem in found if problem.kind is kind]
        order = list(ProblemKind)
        listed = (problem for problem in found if problem.kind is not ProblemKind.EMPTY)
        return sorted(listed, key=lambda problem: order.index(problem.kind))

    def count_problems(self) -> dict[ProblemKind, int]:
        """The number of problems of each kind."""
        counts = dict(self._rows("SELECT kind, count(*) FROM problems GROUP BY kind"))
        return {kind: counts.get(kind, 0) for kind in ProblemKind}

    def count_left_out(self) -> dict[str, int]:
        """The number of files and folders left out, by reason, the most frequent first."""
        rows = self._rows(
            "SELECT reason, count(*) FROM problems WHERE kind = ? GROUP BY reason ORDER BY 2 DESC, 1",
            ProblemKind.LEFT_OUT,
        )
        return dict(rows)

    def files(self) -> dict[str, KnownFile]:
        """Every file that was read, by path. A size of -1 means that it is to be read again."""
        rows = self._rows("SELECT path, size, mtime_ns, ctime_ns, inode, digest FROM files")
        return {row[0]: KnownFile(FileState(*row[:5]), row[5]) for row in rows}

    def count_files(self) -> int:
        """The number of files that were read."""
        return int(self._rows("SELECT count(*) FROM files")[0][0])

    def to_read_again(self) -> set[str]:
        """Paths of files to be read again, even if they look unchanged."""
        return {row[0] for row in self._rows("SELECT path FROM files WHERE size = -1")}

    def roots(self) -> dict[str, Path]:
        """The folders that this index follows, by name."""
        rows = self._rows("SELECT name, location FROM roots WHERE location != '' ORDER BY name")
        return {name: Path(location) for name, location in rows}

    def unfollowed(self) -> set[str]:
        """The names of folders whose articles came with a backup, and that are not followed."""
        return {row[0] for row in self._rows("SELECT name FROM roots WHERE location = ''")}

    def damaged_tables(self) -> list[str]:
        """The small tables that are no longer what was committed."""
        try:
            with self._lock:
                return damaged_tables(self._connection)
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._path, reason=error
            ) from error

    def check_roots(self) -> None:
        """Raises IndexDamagedError where what says which folders are read, and how, is no longer what was
        committed."""
        if not {"roots", "field_map"}.isdisjoint(self.damaged_tables()):
            folders = ", ".join(map(str, self.roots().values())) or "none"
            raise IndexDamagedError(
                "{file}: the list of folders is damaged: {folders}. Run: {command}",
                file=self._path,
                folders=folders,
                command=f"souwen index FOLDER --rebuild --index {self._path.parent.parent}",
            )

    def field_map(self) -> dict[str, tuple[str, ...]]:
        """Field names of records that were given with `--map`."""
        found: dict[str, tuple[str, ...]] = {}
        if self._rows("SELECT 1 FROM sqlite_master WHERE name = 'field_map'"):
            for name, key in self._rows("SELECT field, key FROM field_map ORDER BY rowid"):
                found[name] = (*found.get(name, ()), key)
        return found

    def takes_drafts(self) -> bool:
        """True if drafts are indexed."""
        return bool(self._rows("SELECT 1 FROM roots WHERE drafts LIMIT 1"))

    def readings(self) -> dict[str, str]:
        """Fingerprint of the rules by which the files of each folder were read, by folder."""
        return dict(self._rows("SELECT name, reading FROM roots"))

    def last_runs(self, limit: int) -> list[dict[str, float]]:
        """The last runs that changed something, the latest first: `started` (seconds since 1970), `seconds`,
        counts."""
        rows = self._rows(
            "SELECT started, seconds, added, changed, removed FROM runs "
            "WHERE started BETWEEN 0 AND ? ORDER BY rowid DESC LIMIT ?",
            LAST_DATE,
            limit,
        )
        return [
            dict(zip(("started", "seconds", "added", "changed", "removed"), row, strict=True)) for row in rows
        ]

    def last_run(self) -> dict[str, float] | None:
        """The latest of `last_runs`; None where there is none."""
        return next(iter(self.last_runs(1)), None)

    def has_unindexed(self) -> bool:
        """True if the engine may lack some changes."""
        return bool(self._rows("SELECT 1 FROM unindexed LIMIT 1"))

    def unindexed_digests(self) -> dict[str, bytes | None]:
        """The digests of the articles that the engine may not know, by id; None of those that are gone."""
        rows = self._rows(
            "SELECT unindexed.id, unindexed.state, articles.digest "
            "FROM unindexed LEFT JOIN articles USING (id) ORDER BY articles.rowid"
        )
        return {article_id: None if state == REMOVED else digest for article_id, state, digest in rows}

    def indexed_digests(self) -> dict[str, str]:
        """Digests of the articles in the engine, by id."""
        rows = self._rows("SELECT id, digest FROM articles WHERE id NOT IN (SELECT id FROM unindexed)")
        return {article_id: digest.hex() for article_id, digest in rows}

    def check(self) -> None:
        """Reads the whole file. Raises IndexDamagedError that says what is wrong with it."""
        (found,) = self._rows("PRAGMA integrity_check(1)")[0]
        if found != "ok":
            raise IndexDamagedError("{file}: can't be read: {reason}", file=self._path, reason=found)

    def copy_to(self, path: Path) -> None:
        """Copies the file as of now, while others may write. The copy has today's format. Raises
        IndexDamagedError where it can't be read, OSError where the copy can't be written."""
        try:
            if self._is_older:
                with closing(create_file(path)) as target:
                    copy_as_current(self._connection, target)
            else:
                with closing(connect(path, "mode=rwc")) as target:
                    self._connection.backup(target)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname in _OF_THE_COPY:
                is_full = error.sqlite_errorname == "SQLITE_FULL"
                number = errno.ENOSPC if is_full else errno.EIO
                raise OSError(number, str(error), str(path)) from error
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._path, reason=error
            ) from error

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement. Raises IndexDamagedError where the file can't be read."""
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._path, reason=error
            ) from error


def _state(path: Path) -> tuple[int, int, int]:
    """Times and sizes of the file and its log: they differ after a commit."""
    try:
        status, log = path.stat(), path.with_name(f"{path.name}-wal")
        return status.st_mtime_ns, status.st_size, log.stat().st_size if log.exists() else 0
    except OSError:
        return 0, 0, 0
