"""The query log: what is searched for, for those who want to know (setting `query_log`).

A SQLite file with, for each day and query, how many times it was searched for and how many articles had all
of it the last time. There are no addresses, no times of day, nothing that joins the searches of one person.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from index.analysis.fold import fold_key
from index.errors import SettingsError
from index.store.catalog import connect
from search.assist.lexicon import PinyinIndex

_log = logging.getLogger("souwen")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queries (
    day TEXT NOT NULL,              -- in UTC
    query TEXT NOT NULL,            -- as it was typed, but for spaces
    searches INTEGER NOT NULL,
    articles INTEGER NOT NULL,      -- that had all of it, the last time
    PRIMARY KEY (day, query)
) STRICT, WITHOUT ROWID;
"""
_ADD = (
    "INSERT INTO queries VALUES (?, ?, ?, ?) ON CONFLICT (day, query) "
    "DO UPDATE SET searches = searches + excluded.searches, articles = excluded.articles"
)
# One row for each query since a day; SQLite takes the articles of the row with the last day.
_SINCE = (
    "SELECT query, sum(searches) AS searches, articles, max(day) FROM queries WHERE day >= ? GROUP BY query"
)
# Seconds between two writings, and what is kept for a file that can't be written.
_EVERY = 1.0
_MOST_WAITING = 10_000
# Times that a query has to be searched for before it is suggested, how many are, and seconds until they are
# looked up anew.
_OFTEN = 3
_SUGGESTED = 2_000
_LOOK_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """A query, how many times it was searched for, and how many articles had all of it the last time."""

    query: str
    searches: int
    articles: int


class QueryLog:
    """Writes to the file, a batch each second, from a thread of its own: a search never waits for it. Several
    processes may write to one file.

    Queries of more than `days` days ago are removed. Raises SettingsError where the file can't be written.
    """

    def __init__(self, file: Path, days: int) -> None:
        self._file, self._days = file, days
        self._waiting: dict[tuple[str, str], tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._pruned = ""
        try:
            self._connection = connect(file, "mode=rwc")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise SettingsError(f"query_log: {file}: {error}. Name a file that can be written.") from None
        self._thread = threading.Thread(target=self._run, name="query log", daemon=True)
        self._thread.start()

    def record(self, query: str, articles: int) -> None:
        """Takes down a search, and how many articles have all that it asked for."""
        key = f"{datetime.now(UTC):%Y-%m-%d}", " ".join(query.split())
        with self._lock:
            if key in self._waiting or len(self._waiting) < _MOST_WAITING:
                self._waiting[key] = self._waiting.get(key, (0, 0))[0] + 1, articles

    def close(self) -> None:
        """Writes what is waiting, and lets go of the file."""
        self._is_closed.set()
        self._thread.join()
        self._write()
        self._connection.close()

    def _run(self) -> None:
        while not self._is_closed.wait(_EVERY):
            self._write()

    def _write(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting, {}
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        if not taken and today == self._pruned:
            return
        try:
            with self._connection:
                self._connection.executemany(_ADD, [(*key, *counts) for key, counts in taken.items()])
                self._connection.execute("DELETE FROM queries WHERE day < ?", (_first_day(self._days),))
            self._pruned = today
        except sqlite3.Error as error:
            _log.warning("query_log: %s: %s", self._file, error)
            with self._lock:
                for key, (searches, articles) in taken.items():
                    if key in self._waiting or len(self._waiting) < _MOST_WAITING:
                        since = self._waiting.get(key, (0, articles))
                        self._waiting[key] = searches + since[0], since[1]


def read_queries(
    file: Path, days: int, limit: int, *, least: int = 1, found: bool | None = None
) -> list[LoggedQuery]:
    """The queries of the last `days` days that were searched for at least so often, those most searched for
    first; with `found`, only those that found articles, or that found none.

    Raises SettingsError where the file can't be read.
    """
    wanted = "" if found is None else "AND articles > 0" if found else "AND articles = 0"
    sql = f"SELECT query, searches, articles FROM ({_SINCE}) WHERE searches >= ? {wanted} "
    try:
        with closing(connect(file, "mode=ro")) as connection:
            rows = connection.execute(
                f"{sql} ORDER BY searches DESC, query LIMIT ?", (_first_day(days), least, limit)
            ).fetchall()
    except sqlite3.Error as error:
        raise SettingsError(
            f"query_log: {file}: {error}. `souwen serve` makes the file, where query_log names it."
        ) from None
    return [LoggedQuery(*row) for row in rows]


class PastQueries:
    """Queries that were often searched for and found something, the most frequent first."""

    def __init__(self, queries: Sequence[str]) -> None:
        self._queries = {query: fold_key(query) for query in queries}

    def starting(self, typed: str) -> list[str]:
        """Those that start with what was typed, and go on."""
        start = fold_key(typed)
        return [query for query, key in self._queries.items() if key.startswith(start) and key != start]

    def sounding(self, typed: str) -> list[str]:
        """Those of a word or two whose pinyin, or initials, start with the letters typed."""
        return list(self._lexicon.words(typed))

    @cached_property
    def _lexicon(self) -> PinyinIndex:
        return PinyinIndex(self._queries)


class LivePastQueries:
    """The past queries of a log that is written to meanwhile; none without a log."""

    def __init__(self, file: str, days: int) -> None:
        self._file, self._days = Path(file) if file else None, days
        self._now = PastQueries(())
        self._looked = 0.0
        self._looking = threading.Lock()

    def current(self) -> PastQueries:
        """Those of the last minute; they are looked up in a thread, but for the first time."""
        is_first = not self._looked
        if self._file is None or (not is_first and time.monotonic() - self._looked < _LOOK_EVERY):
            return self._now
        if self._looking.acquire(blocking=False):
            self._looked = time.monotonic()
            if is_first:
                self._look(self._file)
            else:
                threading.Thread(target=self._look, args=(self._file,), daemon=True).start()
        return self._now

    def _look(self, file: Path) -> None:
        try:
            queries = read_queries(file, self._days, _SUGGESTED, least=_OFTEN, found=True)
            self._now = PastQueries([logged.query for logged in queries])
        except SettingsError:
            pass  # nobody has searched yet, or whoever writes will say so
        finally:
            self._looking.release()


def _first_day(days: int) -> str:
    """The first of the last `days` days, today included."""
    return f"{datetime.now(UTC) - timedelta(days=days - 1):%Y-%m-%d}"
