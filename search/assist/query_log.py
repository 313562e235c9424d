"""The query log (setting `query_log`): the number of searches for each query and day.

A SQLite file with, for each day and query, the number of searches, and the number of full matches at the
last one. It has no addresses, no times of day, and nothing that links the searches of one person.
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
from index.store.catalog_file import connect
from search.assist.pinyin import PinyinIndex
from search.followed import Followed

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
# Seconds between two writings.
_EVERY = 1.0
# Times that a query has to be searched for before it is suggested, and how many are.
_OFTEN = 3
_SUGGESTED = 2_000


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """A query, its number of searches, and its number of full matches at the last one."""

    query: str
    searches: int
    articles: int


class QueryLog:
    """Writes to the file in a thread of its own, a batch each second, so that no search waits.

    Several processes may write to one file. Queries older than `days` days are removed. While the file
    can't be written, `most_waiting` different queries are kept. `timeout` is how many seconds to wait for
    another writer. Raises SettingsError where the file can't be written.
    """

    def __init__(self, file: Path, days: int, *, most_waiting: int = 10_000, timeout: float = 10.0) -> None:
        self._file, self._days, self._most_waiting = file, days, most_waiting
        self._waiting: dict[tuple[str, str], tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._is_closed = threading.Event()
        self._pruned = ""
        try:
            self._connection = connect(file, "mode=rwc", timeout=timeout)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise SettingsError(
                "query_log: {file}: {reason}. Name a file that can be written.", file=file, reason=error
            ) from None
        self._thread = threading.Thread(target=self._run, name="query log", daemon=True)
        self._thread.start()

    def record(self, query: str, articles: int) -> None:
        """Records a search and its number of full matches."""
        key = f"{datetime.now(UTC):%Y-%m-%d}", " ".join(query.split())
        with self._lock:
            if key in self._waiting or len(self._waiting) < self._most_waiting:
                self._waiting[key] = self._waiting.get(key, (0, 0))[0] + 1, articles

    def close(self) -> None:
        """Writes pending records, and closes the file."""
        self._is_closed.set()
        self._thread.join()
        self.write()
        self._connection.close()

    def _run(self) -> None:
        while not self._is_closed.wait(_EVERY):
            self.write()

    def write(self) -> None:
        """Writes pending records, one batch at a time; keeps them if the file can't be written now."""
        with self._writing:
            self._write_batch()

    def _write_batch(self) -> None:
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
                    if key in self._waiting or len(self._waiting) < self._most_waiting:
                        since = self._waiting.get(key, (0, articles))
                        self._waiting[key] = searches + since[0], since[1]


def read_queries(
    file: Path, days: int, limit: int, *, least: int = 1, found: bool | None = None
) -> list[LoggedQuery]:
    """Queries of the last `days` days with at least so many searches, the most frequent first; with
    `found`, only those with results, or only those without. Raises SettingsError where the file can't be
    read."""
    wanted = "" if found is None else "AND articles > 0" if found else "AND articles = 0"
    sql = f"SELECT query, searches, articles FROM ({_SINCE}) WHERE searches >= ? {wanted} "
    try:
        with closing(connect(file, "mode=ro")) as connection:
            rows = connection.execute(
                f"{sql} ORDER BY searches DESC, query LIMIT ?", (_first_day(days), least, limit)
            ).fetchall()
    except sqlite3.Error as error:
        raise SettingsError(
            "query_log: {file}: {reason}. `souwen serve` makes the file, where query_log names it.",
            file=file,
            reason=error,
        ) from None
    return [LoggedQuery(*row) for row in rows]


class PastQueries:
    """Frequent queries that had results, the most frequent first."""

    def __init__(self, queries: Sequence[str]) -> None:
        self._queries = {query: fold_key(query) for query in queries}

    def starting(self, typed: str) -> list[str]:
        """Queries that are longer than the typed text and start with it."""
        start = fold_key(typed)
        return [query for query, key in self._queries.items() if key.startswith(start) and key != start]

    def sounding(self, typed: str) -> list[str]:
        """Queries of one or two words whose pinyin or initials start with the typed letters."""
        return list(self._pinyin.words(typed))

    @cached_property
    def _pinyin(self) -> PinyinIndex:
        return PinyinIndex(self._queries)


NO_PAST_QUERIES = PastQueries(())


class LivePastQueries:
    """Past queries of a live log, which a thread reads again every `look_every` seconds; none without a
    log."""

    def __init__(self, file: str, days: int, look_every: float = 60.0) -> None:
        self._file, self._days, self._look_every = Path(file) if file else None, days, look_every
        self._followed: Followed[PastQueries] = Followed(in_thread=True)

    def current(self) -> PastQueries:
        """The queries as last read."""
        if self._file is None:
            return NO_PAST_QUERIES
        return self._followed.value(time.monotonic() // self._look_every, lambda: self._read)

    def _read(self) -> PastQueries:
        assert self._file is not None
        try:
            queries = read_queries(self._file, self._days, _SUGGESTED, least=_OFTEN, found=True)
        except SettingsError:  # nobody has searched yet, or whoever writes will say so
            return NO_PAST_QUERIES
        return PastQueries([logged.query for logged in queries])


def _first_day(days: int) -> str:
    """The first of the last `days` days, today included."""
    return f"{datetime.now(UTC) - timedelta(days=days - 1):%Y-%m-%d}"
