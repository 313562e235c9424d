"""Counts of requests and guesses that the processes of a server share: a storage of the package limits over
SQLite, which has none for several processes without a server of its own."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from limits.storage import MovingWindowSupport, Storage

# The file, in the directory that the processes share.
COUNTS_FILE = "limits.sqlite"
# Seconds to wait for another process.
_BUSY = 5
# Writes between two removals of what is out of date.
_SWEEP = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, amount INTEGER NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS entries (key TEXT NOT NULL, at REAL NOT NULL, expires REAL NOT NULL);
CREATE INDEX IF NOT EXISTS entries_of_key ON entries (key, at);
"""


class SharedStorage(Storage, MovingWindowSupport):
    """Counts in a file, or without one in the memory of this process. Nothing in it outlives the server, so
    nothing is flushed; a process that is killed leaves it whole (WAL)."""

    STORAGE_SCHEME = None

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._writes = 0
        self._connection = sqlite3.connect(
            file or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Errors of the storage."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, which begins anew `expiry` seconds after it began. Return the count."""
        now = self._clock()
        [[count]] = self._write(
            """INSERT INTO counts VALUES (:key, :amount, :expires)
            ON CONFLICT (key) DO UPDATE SET
                amount = CASE WHEN expires <= :now THEN :amount ELSE amount + :amount END,
                expires = CASE WHEN expires <= :now THEN :expires ELSE expires END
            RETURNING amount""",
            {"key": key, "amount": amount, "expires": now + expiry, "now": now},
        )
        return int(count)

    def get(self, key: str) -> int:
        """A count."""
        found = self._read("SELECT amount FROM counts WHERE key = ? AND expires > ?", (key, self._clock()))
        return int(found[0][0]) if found else 0

    def get_expiry(self, key: str) -> float:
        """The time at which a count begins anew, in seconds since 1970."""
        found = self._read("SELECT expires FROM counts WHERE key = ?", (key,))
        return float(found[0][0]) if found else self._clock()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` entries, unless there would be more than `limit` in the last `expiry` seconds."""
        now = self._clock()
        added = self._write(
            """INSERT INTO entries
            SELECT :key, :now, :expires FROM json_each(:rows)
            WHERE (SELECT count(*) FROM entries WHERE key = :key AND at > :from) + :amount <= :limit
            RETURNING 1""",
            {
                "key": key, "now": now, "expires": now + expiry, "from": now - expiry,
                "rows": str([0] * amount), "amount": amount, "limit": limit,
            },
        )  # fmt: skip
        return bool(added)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The first of the last `limit` entries in `expiry` seconds, as a time, and their number."""
        now = self._clock()
        [[first, count]] = self._read(
            """SELECT min(at), count(*) FROM
            (SELECT at FROM entries WHERE key = ? AND at > ? ORDER BY at DESC LIMIT ?)""",
            (key, now - expiry, limit),
        )
        return float(first if first is not None else now), int(count)

    def check(self) -> bool:
        """True: the file is open."""
        return True

    def reset(self) -> int:
        """Forget all counts."""
        return len(self._write("DELETE FROM counts RETURNING 1")) + len(
            self._write("DELETE FROM entries RETURNING 1")
        )

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._write("DELETE FROM counts WHERE key = ?", (key,))
        self._write("DELETE FROM entries WHERE key = ?", (key,))

    def _read(self, statement: str, values: tuple[object, ...]) -> list[tuple[float, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _write(
        self, statement: str, values: dict[str, object] | tuple[object, ...] = ()
    ) -> list[tuple[float, ...]]:
        with self._lock:
            self._writes += 1
            if self._writes % _SWEEP == 0:
                now = (self._clock(),)
                self._connection.execute("DELETE FROM counts WHERE expires <= ?", now)
                self._connection.execute("DELETE FROM entries WHERE expires <= ?", now)
            return self._connection.execute(statement, values).fetchall()
