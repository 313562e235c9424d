"""The catalog: one SQLite file with the articles, the ledger of files read, and the problems found.

The catalog and the engine commit one after the other. In between, changed articles are marked
(`_ADDED`, `_REMOVED`), and a writer that finds marks when it starts replays them; so a crash at any
moment leaves nothing that the next run does not mend. A removed article stays readable until the engine
no longer finds it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from index.article import Article, Problem
from index.errors import IndexDamagedError
from index.records import Change, FileState, KnownFile, PackedArticle

_SETTLED, _ADDED, _REMOVED = 0, 1, 2

_SCHEMA = """
CREATE TABLE roots (name TEXT PRIMARY KEY, location TEXT NOT NULL) STRICT;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,      -- root name, slash, path inside the root
    size INTEGER NOT NULL,          -- bytes; -1: to be read again, whatever it looks like
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL            -- of the file's bytes
) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    state INTEGER NOT NULL,         -- 0 settled, 1 added or changed, 2 removed: engine not yet told
    digest BLOB NOT NULL,           -- of all that follows
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    editor TEXT NOT NULL,
    date INTEGER,                   -- seconds since 1970
    categories TEXT NOT NULL,       -- JSON list
    thumbnail TEXT NOT NULL,
    url TEXT NOT NULL,
    text TEXT NOT NULL,
    html BLOB NOT NULL              -- zlib
) STRICT;
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_date ON articles (date DESC, id);
CREATE INDEX articles_unsettled ON articles (state) WHERE state != 0;
-- A file whose article lost its id to one in a file that comes first, by path.
CREATE TABLE claims (id TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (id, file)) STRICT;
CREATE TABLE problems (
    file INTEGER,                   -- NULL: not of a file in the ledger
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    lost INTEGER NOT NULL
) STRICT;
CREATE INDEX problems_by_file ON problems (file);
CREATE TABLE runs (
    started REAL NOT NULL,          -- seconds since 1970
    seconds REAL NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL
) STRICT;
"""
_LIGHT = "id, path, title, text, x'', author, editor, date, categories, thumbnail, url"
_FULL = _LIGHT.replace("x''", "html")
_SQLITE_VARIABLES = 500


class Catalog:
    """An open catalog. Reading is safe from several threads; writing is for the one writer.

    What is written is one transaction until `commit`.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> Catalog:
        """A new, empty catalog."""
        connection = _connect(f"{path.resolve().as_uri()}?mode=rwc")
        connection.execute("PRAGMA page_size = 16384")  # bytes; of 4096, an article takes several
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        return cls(connection, path)

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> Catalog:
        """An existing catalog. Raises IndexDamagedError where it can't be read."""
        if not path.is_file():
            raise IndexDamagedError("{file}: is missing", file=path)
        address = path.resolve().as_uri()
        # Where the directory can't be written, SQLite can't share a log with a writer; nor is there one.
        modes = ["mode=rw"] if writable else ["mode=ro", "mode=ro&immutable=1"]
        for mode in modes:
            try:
                connection = _connect(f"{address}?{mode}")
                connection.execute("SELECT count(*) FROM roots")
                return cls(connection, path)
            except sqlite3.Error as error:
                failure = error
        raise IndexDamagedError("{file}: can't be read: {reason}", file=path, reason=failure) from None

    def close(self) -> None:
        """Closes the file; the log of a writer is merged into it."""
        self._connection.close()

    # Reading

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The articles with these ids, without their html, by id."""
        found: dict[str, Article] = {}
        for start in range(0, len(ids), _SQLITE_VARIABLES):
            part = ids[start : start + _SQLITE_VARIABLES]
            marks = ",".join("?" * len(part))
            rows = self._rows(f"SELECT {_LIGHT} FROM articles WHERE id IN ({marks})", *part)
            found |= {row[0]: _article(row) for row in rows}
        return found

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of the articles with these ids (at most 500), by id."""
        marks = ",".join("?" * len(ids))
        return dict(self._rows(f"SELECT id, title FROM articles WHERE id IN ({marks})", *ids))

    def article(self, article_id: str) -> Article | None:
        """The whole article with this id, if there is one."""
        rows = self._rows(f"SELECT {_FULL} FROM articles WHERE id = ? AND state != {_REMOVED}", article_id)
        return _article(rows[0]) if rows else None

    def all_articles(self) -> Iterator[Article]:
        """Every whole article, by id."""
        last = ""
        while rows := self._rows(
            f"SELECT {_FULL} FROM articles WHERE id > ? AND state != {_REMOVED} ORDER BY id LIMIT 200",
            last,
        ):
            yield from map(_article, rows)
            last = rows[-1][0]

    def texts(self) -> Iterator[str]:
        """The title and the text of every article, by id; a line each paragraph."""
        last = ""
        while rows := self._rows(
            "SELECT title || char(10) || text, id FROM articles "
            f"WHERE id > ? AND state != {_REMOVED} ORDER BY id LIMIT 200",
            last,
        ):
            yield from (row[0] for row in rows)
            last = rows[-1][1]

    def newest(self, limit: int) -> list[Article]:
        """The newest articles that have a date, without their html."""
        rows = self._rows(
            f"SELECT {_LIGHT} FROM articles WHERE date IS NOT NULL AND state != {_REMOVED} "
            "ORDER BY date DESC, id LIMIT ?",
            limit,
        )
        return [_article(row) for row in rows]

    def ids(self) -> set[str]:
        """The ids of all articles."""
        return {row[0] for row in self._rows(f"SELECT id FROM articles WHERE state != {_REMOVED}")}

    def count(self) -> int:
        """How many articles there are."""
        return int(self._rows(f"SELECT count(*) FROM articles WHERE state != {_REMOVED}")[0][0])

    def dates(self) -> tuple[int | None, int | None]:
        """The dates of the oldest and the newest article."""
        oldest, newest = self._rows("SELECT min(date), max(date) FROM articles")[0]
        return oldest, newest

    def problems(self) -> list[Problem]:
        """Everything that could not be read, or not well; what is lost first."""
        rows = self._rows("SELECT path, reason, lost FROM problems ORDER BY lost DESC, path, rowid")
        return [Problem(path, reason, bool(lost)) for path, reason, lost in rows]

    def files(self) -> dict[str, KnownFile]:
        """The ledger: every file that was read, by path. A size of -1 asks to read it again."""
        rows = self._rows("SELECT path, size, mtime_ns, digest FROM files")
        return {row[0]: KnownFile(FileState(*row[:3]), row[3]) for row in rows}

    def roots(self) -> dict[str, Path]:
        """The folders that this index follows, by name."""
        rows = self._rows("SELECT name, location FROM roots ORDER BY name")
        return {name: Path(location) for name, location in rows}

    def last_run(self) -> dict[str, float] | None:
        """The last run that changed something: `started` (seconds since 1970), `seconds`, counts."""
        rows = self._rows(
            "SELECT started, seconds, added, changed, removed FROM runs ORDER BY rowid DESC LIMIT 1"
        )
        return (
            dict(zip(("started", "seconds", "added", "changed", "removed"), rows[0], strict=True))
            if rows
            else None
        )

    # Writing

    def set_roots(self, roots: dict[str, Path]) -> None:
        """Replaces the folders that this index follows."""
        self._connection.execute("DELETE FROM roots")
        rows = [(name, str(location)) for name, location in roots.items()]
        self._connection.executemany("INSERT INTO roots VALUES (?, ?)", rows)

    def replace_file(
        self, state: FileState, digest: str, articles: Sequence[PackedArticle], problems: Iterable[Problem]
    ) -> Change:
        """Stores what a file now holds, in place of what it held."""
        is_new = not self._connection.execute("SELECT 1 FROM files WHERE path = ?", (state.path,)).fetchone()
        file = self._touch(state, digest)
        before = {} if is_new else self._take_back(file)
        kept: dict[str, PackedArticle] = {}
        noted = list(problems)
        for packed in articles:
            article_id = packed.article.id
            if article_id in kept:
                noted.append(Problem(state.path, f"id {article_id!r} is used twice in this file", lost=True))
            elif self._claim(packed, file, state.path, noted):
                kept[article_id] = packed
        added: set[str] = set()
        changed: set[str] = set()
        for article_id, packed in kept.items():
            if before.get(article_id) != packed.digest:
                (changed if self._is_known(article_id) else added).add(article_id)
                self._store(packed, file)
        removed = before.keys() - kept.keys()
        self._mark_removed(removed)
        self._note(file, noted)
        return Change(frozenset(added), frozenset(changed), frozenset(removed))

    def _take_back(self, file: int) -> dict[str, bytes]:
        """Forgets what was noted of a known file; gives the ids and digests of its articles."""
        self._connection.execute("DELETE FROM problems WHERE file = ?", (file,))
        self._connection.execute("DELETE FROM claims WHERE file = ?", (file,))
        sql = f"SELECT id, digest FROM articles WHERE file = ? AND state != {_REMOVED}"
        return dict(self._connection.execute(sql, (file,)).fetchall())

    def keep_file(self, path: str, problem: Problem) -> None:
        """Notes that a file can't be read now: what it held stays, and it is tried again next time."""
        rows = self._connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchall()
        file = rows[0][0] if rows else self._touch(FileState(path, -1, 0), "")
        self._connection.execute("UPDATE files SET size = -1 WHERE id = ?", (file,))
        self._connection.execute("DELETE FROM problems WHERE file = ?", (file,))
        held = self._connection.execute("SELECT 1 FROM articles WHERE file = ? LIMIT 1", (file,)).fetchone()
        if held:
            problem = Problem(path, f"{problem.reason}; what it held before is kept", lost=False)
        self._note(file, [problem])

    def touch_file(self, state: FileState, digest: str) -> None:
        """Notes that a file looks different, and holds what it held before. One that has been marked to be
        read again, since an id has become free, stays so."""
        self._connection.execute(
            "UPDATE files SET size = ?, mtime_ns = ?, digest = ? WHERE path = ? AND size != -1",
            (state.size, state.mtime_ns, digest, state.path),
        )

    def remove_file(self, path: str) -> frozenset[str]:
        """Takes a file out, with its articles; gives their ids."""
        row = self._connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        if row is None:
            return frozenset()
        file = row[0]
        rows = self._connection.execute(
            f"SELECT id FROM articles WHERE file = ? AND state != {_REMOVED}", (file,)
        ).fetchall()
        ids = frozenset(row[0] for row in rows)
        self._mark_removed(ids)
        for table in ("problems", "claims"):
            self._connection.execute(f"DELETE FROM {table} WHERE file = ?", (file,))
        self._connection.execute("DELETE FROM files WHERE id = ?", (file,))
        return ids

    def set_other_problems(self, problems: Iterable[Problem]) -> None:
        """Replaces the problems that belong to no file in the ledger."""
        self._connection.execute("DELETE FROM problems WHERE file IS NULL")
        self._note(None, problems)

    def record_run(self, started: float, seconds: float, added: int, changed: int, removed: int) -> None:
        """Notes a run that changed something."""
        self._connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (started, seconds, added, changed, removed)
        )

    def is_unsettled(self) -> bool:
        """Whether there are changes that the engine may not know of."""
        return bool(self._rows(f"SELECT 1 FROM articles WHERE state != {_SETTLED} LIMIT 1"))

    def unsettled(self) -> Iterator[tuple[str, Article | None]]:
        """Changes that the engine may not know of: an id, and the article, or None where it is gone."""
        rows = self._connection.execute(f"SELECT {_LIGHT}, state FROM articles WHERE state != {_SETTLED}")
        for row in rows.fetchall():
            yield row[0], None if row[-1] == _REMOVED else _article(row[:-1])

    def settle(self) -> None:
        """Notes that the engine has committed all changes."""
        self._connection.execute(f"DELETE FROM articles WHERE state = {_REMOVED}")
        self._connection.execute(f"UPDATE articles SET state = {_SETTLED} WHERE state != {_SETTLED}")
        self.commit()

    def commit(self) -> None:
        """Ends the transaction."""
        self._connection.commit()

    def _claim(self, packed: PackedArticle, file: int, path: str, noted: list[Problem]) -> bool:
        """Whether the article gets its id. Of two files that use one, the first by path has it."""
        row = self._connection.execute(
            f"SELECT file, path FROM articles WHERE id = ? AND file != ? AND state != {_REMOVED}",
            (packed.article.id, file),
        ).fetchone()
        if row is None:
            return True
        other_file, other_path = row
        wins = path < str(other_path)
        loser, loser_path, winner_path = (other_file, other_path, path) if wins else (file, path, other_path)
        self._connection.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (packed.article.id, loser))
        problem = Problem(
            loser_path, f"id {packed.article.id!r} is also used in {winner_path}, which is indexed", lost=True
        )
        if wins:
            self._note(loser, [problem])
        else:
            noted.append(problem)
        return wins

    def _is_known(self, article_id: str) -> bool:
        """Whether the engine may have a document with this id."""
        row = self._connection.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row is not None

    def _store(self, packed: PackedArticle, file: int) -> None:
        article = packed.article
        self._connection.execute(
            f"INSERT OR REPLACE INTO articles VALUES ({','.join('?' * 14)})",
            (
                article.id,
                file,
                _ADDED,
                packed.digest,
                article.path,
                article.title,
                article.author,
                article.editor,
                article.date,
                json.dumps(article.categories, ensure_ascii=False),
                article.thumbnail,
                article.url,
                article.text,
                packed.html,
            ),
        )

    def _mark_removed(self, ids: Iterable[str]) -> None:
        for article_id in ids:
            self._connection.execute(f"UPDATE articles SET state = {_REMOVED} WHERE id = ?", (article_id,))
            # Files that wanted this id are to be read again.
            self._connection.execute(
                "UPDATE files SET size = -1 WHERE id IN (SELECT file FROM claims WHERE id = ?)", (article_id,)
            )

    def _touch(self, state: FileState, digest: str) -> int:
        row = self._connection.execute(
            "INSERT INTO files (path, size, mtime_ns, digest) VALUES (?, ?, ?, ?) ON CONFLICT (path) "
            "DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, digest = excluded.digest "
            "RETURNING id",
            (state.path, state.size, state.mtime_ns, digest),
        ).fetchone()
        return int(row[0])

    def _note(self, file: int | None, problems: Iterable[Problem]) -> None:
        rows = [(file, problem.path, problem.reason, problem.lost) for problem in problems]
        self._connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Raises IndexDamagedError where the file can't be read."""
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(
                "{file}: can't be read: {reason}", file=self._path, reason=error
            ) from None


def _connect(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA cache_size = -16384")  # KiB
    return connection


def _article(row: Sequence[Any]) -> Article:
    try:
        html = zlib.decompress(row[4]).decode() if row[4] else ""
    except (zlib.error, UnicodeDecodeError) as error:
        raise IndexDamagedError(
            "the HTML of article {id} can't be read: {reason}", id=row[0], reason=error
        ) from None
    return Article(
        id=row[0],
        path=row[1],
        title=row[2],
        text=row[3],
        html=html,
        author=row[5],
        editor=row[6],
        date=row[7],
        categories=tuple(json.loads(row[8])),
        thumbnail=row[9],
        url=row[10],
    )
